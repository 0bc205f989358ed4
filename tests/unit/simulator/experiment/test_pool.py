"""Runs over processes: none lost, none blamed for another, the same answers for any number."""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType

import pytest

from simulator.errors import InputError
from simulator.experiment import Outcome, run_tasks


def test_answers_come_in_the_order_of_the_tasks(tasks: ModuleType) -> None:
    outcomes = run_tasks(tasks.double, [(number,) for number in range(7)], jobs=2)
    assert outcomes == [Outcome("complete", 2 * number) for number in range(7)]


def test_work_is_done_in_other_processes(tasks: ModuleType) -> None:
    outcomes = run_tasks(tasks.process_of, [(number,) for number in range(4)], jobs=2)
    processes = {outcome.value for outcome in outcomes}
    assert os.getpid() not in processes
    assert len(processes) <= 2


def test_a_run_that_raises_is_counted_and_the_others_go_on(tasks: ModuleType) -> None:
    outcomes = run_tasks(tasks.fail_on, [(number, 1) for number in range(3)], jobs=2)
    assert [outcome.status for outcome in outcomes] == ["complete", "failed", "complete"]
    assert outcomes[1].error.startswith("ZeroDivisionError: by hand (tasks_of_tests.py:")


def test_an_error_of_ours_is_kept_in_its_own_words(tasks: ModuleType) -> None:
    (outcome,) = run_tasks(tasks.refuse, [(5,)], jobs=1)
    assert outcome == Outcome("failed", error="number = 5: is never right")


def test_a_violated_property_is_not_a_failure(tasks: ModuleType) -> None:
    (outcome,) = run_tasks(tasks.violate, [(5,)], jobs=1)
    assert outcome == Outcome("violated", error="PERP-01 does not hold")


def test_an_answer_that_cannot_be_sent_is_a_failure(tasks: ModuleType) -> None:
    (outcome,) = run_tasks(tasks.unsendable, [(5,)], jobs=1)
    assert outcome.status == "failed"
    assert "cannot cross processes" in outcome.error


def test_a_process_that_dies_takes_only_its_own_run_with_it(tasks: ModuleType) -> None:
    outcomes = run_tasks(tasks.die, [(number, 2) for number in range(5)], jobs=2)
    assert [outcome.status for outcome in outcomes] == [
        *("complete", "complete", "failed", "complete", "complete")
    ]
    assert outcomes[2].error == "its process ended 2 times without an answer (exit code 9)"


def test_a_run_whose_process_died_once_is_run_again(tasks: ModuleType, tmp_path: Path) -> None:
    mark = str(tmp_path / "died")
    outcomes = run_tasks(tasks.die_once, [(number, mark) for number in range(3)], jobs=2)
    assert outcomes == [Outcome("complete", number) for number in range(3)]


def test_a_stop_leaves_the_rest_not_run(tasks: ModuleType) -> None:
    seen: list[int] = []
    outcomes = run_tasks(
        tasks.double,
        [(number,) for number in range(50)],
        jobs=1,
        stop=lambda: bool(seen) and seen[-1] >= 2,
        progress=lambda done, total: seen.append(done),
    )
    statuses = [outcome.status for outcome in outcomes]
    done = statuses.count("complete")
    assert 2 <= done < 50
    assert statuses == ["complete"] * done + ["not run"] * (50 - done)


def test_progress_ends_at_the_number_of_tasks(tasks: ModuleType) -> None:
    seen: list[tuple[int, int]] = []
    run_tasks(
        tasks.double,
        [(number,) for number in range(3)],
        jobs=2,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen[-1] == (3, 3)


def test_no_jobs_are_refused(tasks: ModuleType) -> None:
    with pytest.raises(InputError, match="jobs = 0"):
        run_tasks(tasks.double, [(1,)], jobs=0)
