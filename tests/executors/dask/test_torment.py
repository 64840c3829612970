"""A node, the network to it, the scheduler, the runner: each struck at 20 random moments, and every job is whole.

`pytest -m slow tests/executors/dask`, about ten minutes for each kind on two cores. The network is cut for real,
between network namespaces, so that one needs root on Linux.
"""

import contextlib
import random
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands import answers_of, output_of, run_command, start_command, status_of
from tests.executors.dask.clusters import Cluster, cluster, rows_done, wait_for_rows
from tests.executors.dask.namespaces import can_make_namespaces, namespaces
from tests.executors.dask.test_cluster import SLOTS, fake_job, right_answers

pytestmark = [pytest.mark.slow, pytest.mark.network, pytest.mark.timeout(3600)]

ROWS = 600
STRIKES = 20
FAKE_SPEED = '{"step_s": 0.1, "tokens": 3}'
EARLY = (
    0.3  # of the moments are just any after the runner's start; the others after its first row, or none would be done
)
NODES = ("node-0", "node-1")
Strike = Callable[[Cluster, random.Random], None]


def strike_node(made: Cluster, rng: random.Random) -> None:
    name = rng.choice(NODES)
    made.kill(name)
    time.sleep(rng.uniform(0, 3))
    made.start_node(name)


def strike_scheduler(made: Cluster, rng: random.Random) -> None:
    made.kill("scheduler")
    time.sleep(rng.uniform(0, 3))
    made.start_scheduler()


def wait_or_end(runner: "subprocess.Popen[bytes]", seconds: float) -> None:
    with contextlib.suppress(subprocess.TimeoutExpired):
        runner.wait(seconds)


def torment(
    folder: Path, made: Cluster, strike: Strike | None, *, survives: bool, seed: int, insecure: bool = False
) -> None:
    """Jobs, one after the other, until they were struck often enough. `strike` None: the runner itself is killed.
    `survives`: the runner goes on by itself."""
    rng, strikes, job = random.Random(seed), 0, 0
    log = folder / "log"
    while strikes < STRIKES:
        place = folder / f"job-{job}"
        place.mkdir()
        config, of_this_job = fake_job(place, ROWS), 0
        command: list[str | Path] = [
            "run",
            config,
            "--executor",
            f"dask={made.address}",
            *(["--insecure"] if insecure else []),
        ]
        runner = start_command(*command, log=log)
        while True:
            if strikes + of_this_job == STRIKES:
                runner.wait(300)
            elif rng.random() < EARLY:
                wait_or_end(runner, rng.uniform(0, 8))
            else:
                wait_for_rows(place / "out", rows_done(place / "out") + 1, runner)
                wait_or_end(runner, rng.uniform(0, 8))
            if runner.poll() is not None and runner.returncode == 0:
                break
            if runner.poll() is None:
                of_this_job += 1
                if strike is None:
                    runner.kill()
                else:
                    strike(made, rng)
            if not survives:
                assert runner.wait(90) in (1, -9, 0), log.read_text()[-3000:]
                if runner.returncode != 0:
                    runner = start_command(*command, log=log)
            assert runner.poll() in (None, 0), log.read_text()[-3000:]
        assert answers_of(place / "out") == right_answers(ROWS)
        assert set(output_of(place / "out")["error_kind"].to_pylist()) == {None}
        again = status_of(place / "out")["requests_computed_again"]
        assert again <= 2 * SLOTS * len(NODES) * of_this_job
        strikes += of_this_job
        print(f"job {job}: struck {of_this_job} times, {ROWS} rows equal, {again} requests computed again")
        job += 1


@pytest.mark.parametrize("kind", ["node", "scheduler", "runner"])
def test_jobs_struck_at_20_moments_are_whole(tmp_path: Path, kind: str) -> None:
    strike = {"node": strike_node, "scheduler": strike_scheduler, "runner": None}[kind]
    with cluster(tmp_path / "cluster", nodes=2, GEMMA4_BATCH_FAKE=FAKE_SPEED) as made:
        made.wait_for_nodes(2)
        torment(tmp_path, made, strike, survives=kind == "node", seed=len(kind))


def test_jobs_whose_network_is_cut_at_20_moments_are_whole(tmp_path: Path) -> None:
    if not can_make_namespaces():
        pytest.skip("network namespaces need root on Linux, and not every container's root may make them")
    with namespaces(2) as wires:

        def strike(made: Cluster, rng: random.Random) -> None:
            wire = rng.choice(wires)
            wire.cut()
            time.sleep(rng.uniform(1, 25))  # some cuts are noticed (12 s), some heal before
            wire.heal()

        made = Cluster(tmp_path, host=wires[0].hub, environment={"GEMMA4_BATCH_FAKE": FAKE_SPEED})
        try:
            made.start_scheduler()
            for wire, name in zip(wires, NODES, strict=True):
                made.start_node(name, *wire.prefix, options=("--insecure",))
            made.wait_for_nodes(2)
            torment(tmp_path, made, strike, survives=True, seed=7, insecure=True)
        finally:
            made.stop()


def test_two_nodes_with_the_demo_model_give_the_local_runs_answers_row_for_row(tmp_path: Path) -> None:
    local = run_command("run", "configs/demo.yaml", "--set", f"output.path={tmp_path / 'local'}", timeout_s=1200)
    assert local.returncode == 0, local.stderr
    with cluster(tmp_path / "cluster", nodes=2) as made:
        arguments = ("--executor", f"dask={made.address}", "--set", f"output.path={tmp_path / 'two'}")
        two = run_command("run", "configs/demo.yaml", *arguments, timeout_s=1800)
    assert two.returncode == 0, two.stderr
    assert two.stderr.count("model demo") == 2, "both nodes loaded it"
    columns = ["row_id", "answer", "status", "finish_reason", "flags", "prompt_tokens", "completion_tokens"]
    assert output_of(tmp_path / "two").select(columns).equals(output_of(tmp_path / "local").select(columns))


def test_a_node_with_another_revision_of_the_model_is_refused_with_both(tmp_path: Path) -> None:
    """`--path-map` leads one node to a checkpoint that differs in one file."""
    import shutil

    from batch.gemma.registry import DEMO

    mine, other = (shutil.copytree(DEMO, tmp_path / name) for name in ("mine", "other"))
    config = (other / "generation_config.json").read_text()
    (other / "generation_config.json").write_text(config + "\n")
    with cluster(tmp_path / "cluster", nodes=1) as made:
        made.start_node("stranger", options=("--path-map", f"{mine}={other}"))
        arguments = ("--set", f"model={mine}", "--limit", "4", "--set", f"output.path={tmp_path / 'out'}")
        runner = start_command(
            "run", "configs/demo.yaml", "--executor", f"dask={made.address}", *arguments, log=tmp_path / "log"
        )
        assert runner.wait(600) == 0, (tmp_path / "log").read_text()
    said = (tmp_path / "log").read_text()
    assert "stranger is not used any more: model" in said
    assert said.count("checkpoint ") == 2, said


def test_a_second_job_waits_for_the_node_and_then_has_it(tmp_path: Path) -> None:
    jobs = []
    with cluster(tmp_path / "cluster", nodes=1, GEMMA4_BATCH_FAKE=FAKE_SPEED) as made:
        made.wait_for_nodes(1)
        for name in ("first", "second"):
            (tmp_path / name).mkdir()
            log = tmp_path / f"{name}.log"
            config = fake_job(tmp_path / name, rows=240)
            runner = start_command("run", config, "--executor", f"dask={made.address}", log=log)
            jobs.append((runner, log))
            wait_for_rows(tmp_path / "first" / "out", 4, runner)
        for runner, log in jobs:
            assert runner.wait(120) == 0, log.read_text()
    assert f"node-0 is at work for {tmp_path / 'first' / 'out'} on " in jobs[1][1].read_text()
    for name in ("first", "second"):
        assert answers_of(tmp_path / name / "out") == right_answers(240)
