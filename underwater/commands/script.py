"""A user's replay script: loaded from a file, run on a world, its answer made fit for JSON.

The script's own prints go to stderr, because stdout is the result.
"""

from __future__ import annotations

import contextlib
import math
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from simulator.errors import InputError, ScriptError, UnderwaterError

FUNCTION: Final = "replay"
_MODULE: Final = "underwater_replay_script"
_DEEPEST: Final = 100


def load_script(path: Path) -> Callable[[Any], object]:
    """The function `replay` of a file; InputError or ScriptError if there is none."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise InputError("--script", str(path), f"cannot be read: {reason}") from None
    module = ModuleType(_MODULE)
    module.__file__ = str(path)
    with _told(path), _beside(path, module):
        exec(compile(text, str(path), "exec", dont_inherit=True), module.__dict__)
    function = getattr(module, FUNCTION, None)
    if not callable(function):
        raise InputError("--script", str(path), f"must define a function {FUNCTION}(world)")

    def replay(world: Any) -> object:
        with _told(path), _beside(path, module):
            answer: object = function(world)
        return plain(answer, f"{path}: answer of {FUNCTION}")

    return replay


def plain(value: object, what: str, depth: int = 0) -> object:
    """A value as JSON knows it: bytes as 0x text, tuples as lists; InputError names what is not."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise InputError(what, value, "JSON has no such number")
        return value
    if isinstance(value, (bytes, bytearray)):
        return f"0x{value.hex()}"
    if depth == _DEEPEST:
        raise InputError(what, type(value).__name__, f"is nested deeper than {_DEEPEST} levels")
    if isinstance(value, Mapping):
        return {
            _key(key, what): plain(item, f"{what}[{key!r}]", depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [plain(item, f"{what}[{index}]", depth + 1) for index, item in enumerate(value)]
    if hasattr(value, "tolist"):  # an array or a number of numpy
        return plain(value.tolist(), what, depth + 1)
    raise InputError(what, type(value).__name__, "cannot be written as JSON")


def _key(key: object, what: str) -> str:
    if isinstance(key, (bytes, bytearray)):
        return f"0x{key.hex()}"
    if isinstance(key, (str, int)):
        return str(key)
    raise InputError(what, key, "a key must be text, a whole number or bytes")


@contextlib.contextmanager
def _beside(path: Path, module: ModuleType) -> Iterator[None]:
    """As if the script were run from its folder: it may import what lies beside it."""
    folder = str(path.resolve().parent)
    sys.path.insert(0, folder)
    sys.modules[_MODULE] = module
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        sys.modules.pop(_MODULE, None)
        with contextlib.suppress(ValueError):
            sys.path.remove(folder)


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    """Errors as one line with the script's file and line."""
    try:
        yield
    except (Exception, SystemExit) as error:
        code = error.exit_code if isinstance(error, UnderwaterError) else 2
        words = " ".join(str(error).split())
        raise ScriptError(
            _place(path, error), f"{type(error).__name__}: {words}".rstrip(": "), code
        ) from error


def _place(path: Path, error: BaseException) -> str:
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return f"{path}:{error.lineno}"
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == str(path)
    ]
    return f"{path}:{lines[-1]}" if lines else str(path)
