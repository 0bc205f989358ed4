"""Runs an audit: many examples of the state machine, one finding at most, shrunk and saved."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis import seed as seeded
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.stateful import run_state_machine_as_test

from audits.catalogue import PROPERTY_IDS, entry
from audits.deployment import open_world
from audits.findings import save_finding
from audits.machine import MatchedPerpMachine
from audits.properties import Violation
from audits.setup import default_parameters, default_setup
from audits.shrink import shrink_steps
from audits.step_words import in_words
from audits.steps import Step, action_name
from audits.tally import Tally
from audits.world import AuditWorld
from simulator.errors import InputError, PropertyViolation

PROTOCOLS = ("matched-perp",)
STEPS_PER_EXAMPLE = 30
"""Rules per example; a rule is one to four steps. Long enough for a whole waterfall."""

DEFAULT_EXAMPLES = {"revm": 2_000, "pyevm": 80}
"""About 40 s on one core: 20 ms an example, most of them Hypothesis' own, or 500 ms on py-evm."""

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Finding:
    """A violated property with the shortest sequence found for it, saved at `path`."""

    property: str
    message: str
    steps: tuple[str, ...]
    path: Path


@dataclass(frozen=True, slots=True)
class AuditResult:
    """What an audit tried and found; `values` is the object that `--json` prints."""

    examples: int
    steps: int
    finding: Finding | None
    tally: Tally
    values: dict[str, object]

    @property
    def exit_code(self) -> int:
        return 0 if self.finding is None else PropertyViolation.exit_code


@dataclass(slots=True)
class Search:
    """The examples of one audit: plays steps, counts them, and stops an example at a violation."""

    world: AuditWorld
    examples: int
    progress: Progress | None = None
    tally: Tally = field(default_factory=Tally)
    started: int = 0
    violation: Violation | None = None
    failing: list[Step] = field(default_factory=list)
    _failures: dict[str, type[PropertyViolation]] = field(default_factory=dict)

    def start_example(self) -> None:
        self.world.reset()
        if self.violation is None:
            self.started += 1
            if self.progress is not None:
                self.progress(self.started, self.examples, "examples")

    def play(self, step: Step) -> None:
        """Play one step; raises the failure of its signature when a property breaks."""
        played = self.world.play(step)
        if self.violation is None:
            self.tally.count(action_name(step), played.reason)
        if played.violation is not None:
            self.violation = played.violation
            self.failing = list(self.world.steps)
            raise self._failure(signature(played.violation, step))(played.violation.message)

    def breaks(self, steps: Sequence[Step], wanted: str) -> bool:
        """Whether the first violation of a sequence has the signature `wanted`."""
        self.world.reset()
        for step in steps:
            violation = self.world.play(step).violation
            if violation is not None:
                return signature(violation, step) == wanted
        return False

    def _failure(self, of: str) -> type[PropertyViolation]:
        # Hypothesis tells failures apart by their type, so one type per signature keeps its
        # shrinker from turning one bug into another.
        if of not in self._failures:
            self._failures[of] = type(f"Violation of {of}", (PropertyViolation,), {})
        return self._failures[of]


def signature(violation: Violation, step: Step) -> str:
    """What must not change while a finding shrinks: the property and the kind of the last step."""
    return f"{violation.property_id} by {action_name(step)}"


def run_audit(
    protocol: str,
    *,
    contract: str | None = None,
    examples: int | None = None,
    seed: int = 0,
    chain: str = "auto",
    findings: Path = Path("findings"),
    progress: Progress | None = None,
) -> AuditResult:
    """Try `examples` sequences against a contract; save what breaks a property.

    contract: a name or the path of a variant of the protocol's contract (None: the reference).
    examples: None for about 40 s of them. The same seed and versions give the same result. Raises
    InputError for bad arguments.
    """
    if protocol not in PROTOCOLS:
        raise InputError("protocol", protocol, f"must be one of {', '.join(PROTOCOLS)}")
    if examples is not None and examples < 1:
        raise InputError("examples", examples, "must be 1 or more")
    if seed < 0:
        raise InputError("seed", seed, "must be 0 or more")
    if findings.exists() and not findings.is_dir():
        raise InputError("findings", str(findings), "must be a folder")
    setup, parameters = default_setup(), default_parameters()
    world = open_world(setup, parameters, contract=contract, chain=chain)
    wanted = examples or DEFAULT_EXAMPLES[world.engine]
    search = Search(world, wanted, progress)
    _explore(search, wanted, seed)
    finding = None
    if search.violation is not None:
        finding = _shrunk_and_saved(search, seed, findings)
    return _result(search, protocol, seed, finding)


def _explore(search: Search, examples: int, seed: int) -> None:
    machine_settings = settings(
        max_examples=examples,
        stateful_step_count=STEPS_PER_EXAMPLE,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )

    @seeded(seed)
    class Machine(MatchedPerpMachine):
        def __init__(self) -> None:
            super().__init__(search)

    with _nothing_written(), suppress(PropertyViolation):
        run_state_machine_as_test(Machine, settings=machine_settings)


@contextmanager
def _nothing_written() -> Iterator[None]:
    """Keep Hypothesis from leaving its cache folder where the user happens to be."""
    with tempfile.TemporaryDirectory() as folder:
        set_hypothesis_home_dir(folder)
        try:
            yield
        finally:
            set_hypothesis_home_dir(None)


def _shrunk_and_saved(search: Search, seed: int, folder: Path) -> Finding:
    assert search.violation is not None
    wanted = signature(search.violation, search.failing[-1])
    steps = shrink_steps(search.failing, lambda candidate: search.breaks(candidate, wanted))
    violation = search.world.replay(steps)
    if violation is None:
        steps, violation = search.failing, search.violation
    path = save_finding(search.world, steps, violation, seed, folder)
    words = in_words(steps, search.world.names)
    return Finding(violation.property_id, violation.message, words, path)


def _result(search: Search, protocol: str, seed: int, finding: Finding | None) -> AuditResult:
    values: dict[str, object] = {
        "protocol": protocol,
        "contract": search.world.contract.path,
        "seed": seed,
        "examples": search.started,
        "steps": search.tally.steps,
        "properties": list(PROPERTY_IDS),
        "engine": search.world.engine,
        "actions": search.tally.as_table(),
        "never_succeeded": search.tally.never_succeeded(),
        "finding": None,
    }
    if finding is not None:
        values["finding"] = {
            "property": finding.property,
            "sentence": entry(finding.property).sentence,
            "message": finding.message,
            "steps": list(finding.steps),
            "path": str(finding.path),
        }
    return AuditResult(search.started, search.tally.steps, finding, search.tally, values)
