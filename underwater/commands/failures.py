"""Errors to one line on stderr and an exit code. No traceback reaches the terminal.

0 good, 1 a property was violated, 2 bad input or a missing component (or a fault of this program),
130 interrupted.
"""

from __future__ import annotations

import errno
import os
import sys
import tempfile
import traceback
from collections.abc import Callable
from typing import Final

from simulator.errors import UnderwaterError
from underwater import console

GOOD: Final = 0
VIOLATED: Final = 1
REFUSED: Final = 2
INTERRUPTED: Final = 130


def guarded(command: Callable[[], int]) -> int:
    """Run a command and return its exit code, whatever happens in it."""
    try:
        code = command()
        sys.stdout.flush()
        return code
    except UnderwaterError as error:
        return _say(str(error), error.exit_code)
    except KeyboardInterrupt:
        return _say("interrupted", INTERRUPTED)
    except BrokenPipeError:
        return _leave_pipe()
    except OSError as error:
        if error.errno == errno.ENOSPC:
            return _say(f"the disk is full: {error}", REFUSED)
        return _say(f"{error.strerror or error}: {error.filename or 'a file'}", REFUSED)
    except Exception as error:  # a fault of ours: the line for the user, the traceback for a report
        name = _keep_traceback()
        line = f"unexpected {type(error).__name__}: {error}; the traceback is in {name}"
        return _say(line, REFUSED)


def _say(line: str, code: int) -> int:
    console.note(f"underwater: {line}")
    return code


def _leave_pipe() -> int:
    """The reader of stdout went away (`| head`): nothing more can be said, and nothing is wrong."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return GOOD


def _keep_traceback() -> str:
    with tempfile.NamedTemporaryFile(
        "w", prefix="underwater-error-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        traceback.print_exc(file=file)
    return file.name
