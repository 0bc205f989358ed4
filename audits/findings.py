"""Finding files: a violated property with everything needed to see it again.

A finding is a scenario file with `kind = "steps"`: contract (path and hash of its source),
parameters, set-up, and the ordered steps. `underwater run FILE` replays it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator

from audits.catalogue import PROPERTY_IDS
from audits.deployment import open_world
from audits.properties import Violation
from audits.setup import AuditSetup
from audits.step_rows import Row, from_row, to_row
from audits.step_words import in_words
from audits.steps import Names, Step
from audits.world import AuditWorld
from simulator.errors import InputError, PropertyViolation
from simulator.scenario import Parameters, Part, read_document


class ContractPart(Part):
    """Which source broke the property: a name or path as given, and the hash of its text."""

    path: str
    source_hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class ViolatedPart(Part):
    """Which property broke, and the message with the numbers."""

    property: str
    message: str

    @field_validator("property")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in PROPERTY_IDS:
            raise ValueError(f"must be one of {', '.join(PROPERTY_IDS)}")
        return value


class FindingFile(Part):
    """The document of a finding; the rows of `steps` are checked against names of the set-up."""

    format: Literal[1]
    kind: Literal["steps"]
    protocol: Literal["matched-perp"]
    seed: Annotated[int, Field(ge=0)]
    contract: ContractPart
    violated: ViolatedPart
    parameters: Parameters
    set_up: AuditSetup
    steps: Annotated[list[dict[str, Any]], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Replay:
    """What became of a finding when its steps ran again; `values` is the `--json` object."""

    violated: bool
    message: str
    steps: tuple[str, ...]
    values: dict[str, object]

    @property
    def exit_code(self) -> int:
        return PropertyViolation.exit_code if self.violated else 0


# --- saving ---------------------------------------------------------------------------------------


def save_finding(
    world: AuditWorld, steps: Sequence[Step], violation: Violation, seed: int, folder: Path
) -> Path:
    """Write `<property>-seed<seed>-<n>.toml` with the first free n; never overwrites."""
    document = FindingFile(
        format=1,
        kind="steps",
        protocol="matched-perp",
        seed=seed,
        contract=ContractPart(path=world.contract.path, source_hash=world.contract.source_hash),
        violated=ViolatedPart(property=violation.property_id, message=violation.message),
        parameters=world.parameters,
        set_up=world.setup,
        steps=[to_row(step, world.names) for step in steps],
    )
    story = in_words(steps, world.names)
    text = "".join(f"# {line}\n" for line in (violation.message, *story))
    text += "\n" + "\n".join(_toml(document.model_dump(mode="json"))) + "\n"
    folder.mkdir(parents=True, exist_ok=True)
    number = 1
    while True:
        path = folder / f"{violation.property_id}-seed{seed}-{number}.toml"
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
        except FileExistsError:
            number += 1
        else:
            return path


def _toml(document: Mapping[str, Any], place: str = "") -> Iterable[str]:
    """Lines of a TOML document: plain values first, then tables and lists of tables."""
    nested = {key: value for key, value in document.items() if isinstance(value, dict | list)}
    for key, value in document.items():
        if key not in nested:
            # A JSON string or integer is also a TOML string or integer.
            yield f"{key} = {json.dumps(value, ensure_ascii=False)}"
    for key, value in nested.items():
        path = f"{place}{key}"
        for table in [value] if isinstance(value, dict) else value:
            yield ""
            yield f"[{path}]" if isinstance(value, dict) else f"[[{path}]]"
            yield from _toml(table, f"{path}.")


# --- reading and replaying ------------------------------------------------------------------------


def load_finding(path: Path) -> tuple[FindingFile, list[Step]]:
    """Read and check a finding; InputError names the field, its value and the rule."""
    try:
        document = FindingFile.model_validate(read_document(path))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "finding"
        shown = "(whole section)" if isinstance(first.get("input"), dict) else first.get("input")
        rule = first["msg"].removeprefix("Value error, ")
        raise InputError(f"{path.name}: {field}", shown, rule) from None
    names = document.set_up.names
    return document, _steps(document.steps, names, path.name)


def _steps(rows: Sequence[Row], names: Names, origin: str) -> list[Step]:
    return [
        from_row(row, names, f"{origin}: steps[{number}]") for number, row in enumerate(rows, 1)
    ]


def replay_finding(path: Path, *, contract: str | None = None, chain: str = "auto") -> Replay:
    """Run a finding's steps against its contract (or another one) and see what breaks."""
    document, steps = load_finding(path)
    given = contract or document.contract.path
    world = open_world(document.set_up, document.parameters, contract=given, chain=chain)
    violation = world.replay(steps)
    changed = world.contract.source_hash != document.contract.source_hash
    same = violation is not None and violation.property_id == document.violated.property
    message = _message(document, violation, changed)
    values: dict[str, object] = {
        "finding": str(path),
        "contract": world.contract.path,
        "contract_changed": changed,
        "engine": world.engine,
        "seed": document.seed,
        "property": document.violated.property,
        "violated": violation is not None,
        "same_property": same,
        "message": message,
        "steps": list(in_words(steps, world.names)),
    }
    return Replay(violation is not None, message, in_words(steps, world.names), values)


def _message(document: FindingFile, violation: Violation | None, changed: bool) -> str:
    source = "The contract's source differs from the one of the finding. " if changed else ""
    if violation is None:
        return f"{source}{document.violated.property} holds: the violation does not occur any more."
    if violation.property_id != document.violated.property:
        source += f"Another property than {document.violated.property} breaks. "
    return source + violation.message
