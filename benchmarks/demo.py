"""How long the demo takes, part by part, and how much memory it needs.

    python benchmarks/demo.py [--json] [--variant base,no-impact] [--seed N] [--chain C]
                              [--accounts N] [--hours N] [--repeat N]

Every variant runs in a fresh process of its own, so that its peak memory is its own. `seconds` is
the run itself; set-up (compiling, deploying, drawing the population) is one of the parts beside it.
`cpu_seconds` is the processor time of both: on a busy machine it is the better figure.
With --repeat the run of the median time is shown.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

VARIANTS = "base,no-impact,unlimited-capital"
HELP_REPEATS = 9


def main() -> int:
    options = _options()
    if options.measure:
        print(json.dumps(_measure(options)))
        return 0
    runs = [_median_run(name, options) for name in options.variant.split(",")]
    answer = {
        "seconds": max(run["seconds"] for run in runs),
        "blocks_per_s": min(run["blocks_per_s"] for run in runs),
        "transactions_per_s": min(run["transactions_per_s"] for run in runs),
        "peak_memory_mb": max(run["peak_memory_mb"] for run in runs),
        "parts": max(runs, key=lambda run: run["seconds"])["parts"],
        "help_seconds": _help_seconds(),
        "variants": runs,
        "machine": _machine(),
    }
    if options.json:
        print(json.dumps(answer, indent=2))
    else:
        _print(answer)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--variant", default=VARIANTS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--chain", default="auto")
    parser.add_argument("--accounts", type=int)
    parser.add_argument("--hours", type=int)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def _median_run(variant: str, options: argparse.Namespace) -> dict:
    runs = [_fresh_process(variant, options) for _ in range(options.repeat)]
    return sorted(runs, key=lambda run: run["seconds"])[len(runs) // 2]


def _fresh_process(variant: str, options: argparse.Namespace) -> dict:
    words: list[str] = [sys.executable, __file__, "--measure", "--variant", variant]
    words += ["--seed", str(options.seed), "--chain", options.chain]
    for name in ("accounts", "hours"):
        if getattr(options, name) is not None:
            words += [f"--{name}", str(getattr(options, name))]
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{variant}: the run ended with exit code {done.returncode}")
    return json.loads(done.stdout)


def _measure(options: argparse.Namespace) -> dict:
    """One variant in this process: its times and its peak memory."""
    from simulator.scenario import load_scenario
    from underwater.runs import run_scenario

    changes: dict[str, object] = {"variant": options.variant}
    if options.accounts is not None:
        changes["population.accounts"] = options.accounts
    if options.hours is not None:
        changes["prices.hours"] = options.hours
    scenario = load_scenario("black-thursday").changed(changes)
    with tempfile.TemporaryDirectory(prefix="underwater-benchmark-") as name:
        folder = Path(name)
        began = time.process_time()
        summary = run_scenario(scenario, seed=options.seed, chain=options.chain, folder=folder)
        busy = time.process_time() - began
        parts = json.loads((folder / "timings.json").read_text(encoding="utf-8"))
    if summary.status != "complete":
        raise SystemExit(f"{options.variant}: {summary.message}")
    seconds = parts["total"] - parts["set_up"]
    blocks, transactions = summary.values["blocks"], summary.values["transactions"]
    return {
        "variant": options.variant,
        "engine": summary.values["engine"],
        "accounts": scenario.population.accounts,
        "blocks": blocks,
        "transactions": transactions,
        "seconds": round(seconds, 3),
        "cpu_seconds": round(busy, 3),
        "blocks_per_s": round(blocks / seconds, 1),
        "transactions_per_s": round(transactions / seconds, 1),
        "peak_memory_mb": round(_peak_memory_mb(), 1),
        "parts": {part: round(value, 3) for part, value in parts.items()},
    }


def _peak_memory_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def _help_seconds() -> float:
    """Median time of `underwater --help`."""
    command = [str(Path(sys.executable).parent / "underwater"), "--help"]
    times = []
    for _ in range(HELP_REPEATS):
        began = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        times.append(time.perf_counter() - began)
    return round(sorted(times)[HELP_REPEATS // 2], 3)


def _machine() -> str:
    cores = os.cpu_count()
    return f"{_processor()}, {cores} cores, Python {platform.python_version()}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _print(answer: dict) -> None:
    from underwater.console import aligned

    runs: Sequence[dict] = answer["variants"]
    plain = ("engine", "accounts", "blocks", "transactions")
    speeds = ("seconds", "cpu_seconds", "blocks_per_s", "transactions_per_s", "peak_memory_mb")
    rows = [[key, *(str(run[key]) for run in runs)] for key in plain + speeds]
    rows += [
        [f"  {part}, s", *(str(run["parts"][part]) for run in runs)] for part in runs[0]["parts"]
    ]
    print(aligned(["", *(run["variant"] for run in runs)], rows))
    print(f"\nunderwater --help: {answer['help_seconds']} s")
    print(answer["machine"])


if __name__ == "__main__":
    sys.exit(main())
