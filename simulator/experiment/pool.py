"""Many runs over local processes: same answers for any number of them, and none lost in silence.

Processes are spawned, each serves one run at a time over its own pipe, so when one dies the
supervisor knows which run it took with it: that run is tried once more in a new process and then
counted as failed. (An executor of the standard library breaks as a whole instead.) Answers come
back in the order of the tasks, whoever computed them.
"""

from __future__ import annotations

import multiprocessing
import pickle
import signal
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final, Literal, TypeAlias

from simulator.errors import InputError, PropertyViolation, UnderwaterError

Status: TypeAlias = Literal["complete", "violated", "failed", "not run"]
Task: TypeAlias = tuple[object, ...]
"""Arguments of one call of the measured function; picklable."""

MOST_TRIES: Final = 2
_LOOK_AT_STOP_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one task: its value, or the error in one line."""

    status: Status
    value: object = None
    error: str = ""


@dataclass(slots=True)
class _Worker:
    process: BaseProcess
    pipe: Connection
    task: int | None = None


@dataclass(slots=True)
class _Board:
    """Which tasks wait, how often each was tried, and what came of them."""

    outcomes: list[Outcome | None]
    waiting: deque[int]
    tries: list[int] = field(default_factory=list)

    @property
    def done(self) -> int:
        return sum(outcome is not None for outcome in self.outcomes)


def run_tasks(
    function: Callable[..., object],
    tasks: Sequence[Task],
    *,
    jobs: int,
    stop: Callable[[], bool] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Outcome]:
    """Call a picklable top-level `function(*task)` for each task in `jobs` spawned processes.

    One outcome per task, in order. A call that raises, or whose process dies twice, is "failed"
    (a PropertyViolation: "violated"). Once `stop()` is true the running calls are ended and what
    has no answer is "not run". Raises InputError if jobs is below 1.
    """
    if jobs < 1:
        raise InputError("jobs", jobs, "must be at least 1")
    board = _Board([None] * len(tasks), deque(range(len(tasks))), [0] * len(tasks))
    with _workers(function, min(jobs, len(tasks))) as workers:
        while board.done < len(tasks) and not (stop and stop()):
            _hand_out(workers, board, tasks)
            _collect(workers, board, function)
            if progress:
                progress(board.done, len(tasks))
    return [outcome or Outcome("not run") for outcome in board.outcomes]


def _hand_out(workers: list[_Worker], board: _Board, tasks: Sequence[Task]) -> None:
    for worker in workers:
        if worker.task is None and board.waiting:
            worker.task = board.waiting.popleft()
            board.tries[worker.task] += 1
            # should the process have died while idle, _collect meets the end of its pipe
            with suppress(OSError):
                worker.pipe.send(tasks[worker.task])


def _collect(workers: list[_Worker], board: _Board, function: Callable[..., object]) -> None:
    busy = {worker.pipe: place for place, worker in enumerate(workers) if worker.task is not None}
    for pipe in wait(list(busy), timeout=_LOOK_AT_STOP_SECONDS):
        assert isinstance(pipe, Connection)
        worker = workers[busy[pipe]]
        assert worker.task is not None
        try:
            board.outcomes[worker.task] = pipe.recv()
            worker.task = None
        except (EOFError, OSError):
            _bury(worker, board)
            workers[busy[pipe]] = _start(function)


def _bury(worker: _Worker, board: _Board) -> None:
    """Give the task of a dead process another try, or count it as failed."""
    worker.process.join()
    worker.pipe.close()
    task = worker.task
    assert task is not None
    if board.tries[task] < MOST_TRIES:
        board.waiting.appendleft(task)
        return
    code = worker.process.exitcode
    board.outcomes[task] = Outcome(
        "failed", error=f"its process ended {MOST_TRIES} times without an answer (exit code {code})"
    )


@contextmanager
def _workers(function: Callable[..., object], count: int) -> Iterator[list[_Worker]]:
    workers = [_start(function) for _ in range(count)]
    try:
        yield workers
    finally:
        for worker in workers:
            worker.process.terminate()
        for worker in workers:
            worker.process.join()
            worker.pipe.close()


def _start(function: Callable[..., object]) -> _Worker:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, function), daemon=True)
    process.start()
    theirs.close()
    return _Worker(process, ours)


def _serve(pipe: Connection, function: Callable[..., object]) -> None:
    """Answer tasks until the pipe closes. Ctrl-C reaches the whole group: it is the parent's."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            task: Task = pipe.recv()
        except (EOFError, OSError):
            return
        outcome = _attempt(function, task)
        try:
            pipe.send(outcome)
        except (TypeError, AttributeError, pickle.PicklingError) as error:
            pipe.send(Outcome("failed", error=f"its answer cannot cross processes: {error}"))


def _attempt(function: Callable[..., object], task: Task) -> Outcome:
    try:
        return Outcome("complete", function(*task))
    except PropertyViolation as error:
        return Outcome("violated", error=str(error))
    except UnderwaterError as error:
        return Outcome("failed", error=str(error))
    except Exception as error:  # whatever a run does, the others go on and this one is counted
        return Outcome("failed", error=f"{type(error).__name__}: {error} ({_where(error)})")


def _where(error: BaseException) -> str:
    """File and line where it was raised, without folders: the text is part of the results."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(frame.filename).name}:{frame.lineno} in {frame.name}"
