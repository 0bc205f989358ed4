"""`underwater audit`: search for a sequence of actions that breaks a property."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from underwater import console
from underwater.commands.engines import announce_engine
from underwater.commands.failures import GOOD, VIOLATED
from underwater.commands.interrupt import told_how_far
from underwater.commands.options import chain_name, one_of, seed_number, whole_number

if TYPE_CHECKING:
    from audits.search import AuditResult, Finding

MOST_EXAMPLES: Final = 10_000_000


@dataclass(frozen=True, slots=True)
class AuditOptions:
    """The options of audit as typed; None where not given."""

    contract: str | None = None
    examples: str | None = None
    seed: str | None = None
    chain: str | None = None
    json: bool = False


def audit(protocol: str, options: AuditOptions) -> int:
    """Try action sequences on a protocol; 1 and the shrunk sequence if a property breaks."""
    from audits.search import PROTOCOLS, run_audit

    one_of("PROTOCOL", protocol, PROTOCOLS)
    examples = None  # as many as the engine tries in about 40 s
    if options.examples is not None:
        examples = whole_number("--examples", options.examples, 1, MOST_EXAMPLES)
    seed = seed_number(options.seed)
    chain = chain_name(options.chain)
    announce_engine(chain)
    with (
        console.progress("examples") as show,
        told_how_far(show, "examples", "nothing was saved") as progress,
    ):
        result = run_audit(
            protocol,
            contract=options.contract,
            examples=examples,
            seed=seed,
            chain=chain,
            progress=lambda done, total, _: progress(done, total, "the audit"),
        )
    if options.json:
        console.print_json(result.values)
    elif result.finding is None:
        _show_nothing_found(result)
    else:
        _show_finding(result.finding)
    return GOOD if result.finding is None else VIOLATED


def _show_nothing_found(result: AuditResult) -> None:
    rows = [
        [action, str(counts["tries"]), str(counts["successes"])]
        for action, counts in result.tally.as_table().items()
    ]
    console.print_result(console.aligned(["action", "tried", "succeeded"], rows))
    console.print_result("")
    console.print_result(
        f"Nothing found: every property held after each of {result.steps:,} steps "
        f"in {result.examples:,} sequences."
    )


def _show_finding(finding: Finding) -> None:
    console.print_result(finding.message)
    console.print_result("")
    console.print_steps(finding.steps)
    console.print_result("")
    console.print_result(f"Saved:   {finding.path}")
    console.print_result(f"Replay:  underwater run {finding.path}")
