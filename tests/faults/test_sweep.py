"""Fifty kills of the sweep (sweep.py) in the ordinary run: once at every named point, the others at random moments."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from batch import killpoint
from tests.faults.scenarios import SCENARIOS
from tests.faults.sweep import ONLY_IN, RANDOM, SHARED, Share, Sweep, killed, table, targets
from tests.faults.torment import Torment
from tests.faults.zygote import Zygote

pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="forks a warm process, which only Linux allows safely"),
]
RANDOM_KILLS = 26


@pytest.fixture(scope="module")
def sweep() -> Iterator[Sweep]:
    place = Path(tempfile.mkdtemp(prefix="sweep-", dir=SHARED))
    with Sweep("fake", place / "results", seed=7, place=place).running() as running:
        yield running
    shutil.rmtree(place)


@pytest.mark.anywhere  # job folders are copied and read in the module's own folder
def test_a_job_killed_at_random_moments_is_whole_and_equal_to_the_undisturbed_one(sweep: Sweep) -> None:
    kills = number = 0
    while kills < RANDOM_KILLS:
        outcome = sweep.one_job(SCENARIOS[number % len(SCENARIOS)], RANDOM, most=min(8, RANDOM_KILLS - kills))
        assert outcome.wrong == []
        kills, number = kills + outcome.total, number + 1


@pytest.mark.anywhere
def test_a_job_killed_at_every_named_point_is_whole_and_equal_to_the_undisturbed_one(sweep: Sweep) -> None:
    for number, point in enumerate(killpoint.POINTS):
        names = ONLY_IN.get(point, SCENARIOS if point in killpoint.RUNNER_POINTS else SCENARIOS[:1])
        outcome = sweep.one_job(names[number % len(names)], point, most=1)
        for _ in range(10):  # a passage that a short life does not make
            if outcome.total:
                break
            outcome = sweep.one_job(names[number % len(names)], point, most=1)
        assert (outcome.total, outcome.wrong) == (1, []), point


def test_a_sweep_goes_on_where_its_results_end(sweep: Sweep, tmp_path: Path) -> None:
    again = Sweep("fake", sweep.results, seed=7, place=tmp_path)
    assert again.outcomes == sweep.outcomes
    wanted = [(name, how, killed(sweep.outcomes, "fake", name, how)) for name, how, _ in targets(RANDOM, 4)]
    assert again.next_target(wanted) is None
    assert table(again.outcomes) == table(sweep.outcomes)


def test_the_shares_of_a_sweep_are_the_whole_of_it() -> None:
    assert [Share(number, 10).part(53) for number in range(10)] == [6, 6, 6, 5, 5, 5, 5, 5, 5, 5]
    assert Share().part(53) == 53


def test_a_fork_runs_the_command_as_a_fresh_process_would(tmp_path: Path) -> None:
    with Zygote(tmp_path / "zygote", ("batch.cli",)) as zygote:
        log = tmp_path / "log"
        assert zygote.run("--version", log=log) == 0
        assert zygote.run("status", tmp_path / "nowhere", log=log) == 1
        assert log.read_text().startswith("gemma4-batch ")
        assert "has no ledger" in log.read_text()


@pytest.mark.anywhere
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda table: table.take([1, 0, *range(2, len(table))]), "another output: {'id': 1"),
        (lambda table: table.slice(1), "another output: {'id': 1"),
        (lambda table: table, "has sha256"),
    ],
    ids=["exchanged", "lost", "other bytes"],
)
def test_the_judge_notices_what_is_wrong(
    sweep: Sweep, tmp_path: Path, change: Callable[[pa.Table], pa.Table], said: str
) -> None:
    outcome = sweep.one_job("first", RANDOM, most=0)
    assert (outcome.total, outcome.wrong) == (0, [])
    scenario = sweep.scenarios["first"]
    part = scenario.out / "data/part-0000000.parquet"
    table = pq.read_table(part)
    pq.write_table(change(table), part, compression="none")
    Torment(scenario, sweep.zygote, tmp_path, 0).judge(outcome)
    assert any(said in one for one in outcome.wrong), outcome.wrong
