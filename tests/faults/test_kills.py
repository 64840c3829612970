"""SIGKILL at random moments: of the runner, of the worker, of both. Nothing is lost, doubled, or blamed.

One job is killed again and again and resumed by the same command until it is complete; then another one,
until the asked number of kills is reached. Each complete job must equal the uninterrupted one. Here the command is
started afresh each time, as a person would; the many kills are those of sweep.py.
"""

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.commands import (
    answers_of,
    children_of,
    kill,
    output_of,
    run_command,
    start_command,
    status_of,
    text_table,
    write_config,
)

ROWS = 300
SLOTS = 8
KILLS = 4
KINDS = ("runner", "worker", "both")
FAKE_SPEED = '{"step_s": 0.01, "tokens": 3}'


def fake_job(folder: Path, name: str) -> Path:
    source = folder / "input.parquet"
    if not source.exists():
        text_table(source, ROWS)
    return write_config(
        folder / f"{name}.yaml",
        task="answer",
        model="fake",
        source={"path": str(source)},
        engine={"slots": SLOTS},
        output={"path": str(folder / name), "shard_rows": 64},
    )


def demo_job(folder: Path, name: str) -> Path:
    source = folder / "input.parquet"
    if not source.exists():
        text_table(source, ROWS)
    return write_config(
        folder / f"{name}.yaml",
        task="answer",
        model={"path": "demo", "dtype": "float32"},
        source={"path": str(source)},
        sampling={"max_tokens": 12},
        engine={"slots": SLOTS},
        output={"path": str(folder / name), "shard_rows": 64},
    )


def lives(config: Path, log: Path, kind: str, rng: random.Random, span_s: float) -> Iterator[int]:
    """Starts the command until it ends by itself; kills at a random moment of each life. Yields per kill.

    After the death of the worker alone the runner must go on without help; only where the worker had not
    begun any request does the command end, with exit code 1, and is started again.
    """
    while True:
        runner = start_command("run", config, log=log, GEMMA4_BATCH_FAKE=FAKE_SPEED)
        while True:
            span_s *= 1.05  # progress is certain in the end, even where a busy machine starts slowly
            deadline = time.monotonic() + rng.uniform(0, span_s)
            while time.monotonic() < deadline and runner.poll() is None:
                time.sleep(0.002)
            if runner.poll() is not None:
                break
            worker = children_of(runner.pid)
            kill(*(worker if kind == "worker" else [runner.pid] if kind == "runner" else [*worker, runner.pid]))
            yield len(worker)
            if kind != "worker":
                runner.wait(30)
                break
        if runner.returncode == 0:
            return
        assert runner.returncode in (-9, 1), log.read_text()[-2000:]


def torment(folder: Path, make_job: Callable[[Path, str], Path], kind: str, kills: int, seed: int) -> None:
    whole = make_job(folder, "whole")
    began = time.monotonic()
    done = run_command("run", whole, GEMMA4_BATCH_FAKE=FAKE_SPEED)
    span_s = 1.2 * (time.monotonic() - began)  # moments over the whole length of a life, however slow the machine
    assert done.returncode == 0, done.stderr
    expected = answers_of(folder / "whole")
    assert len({row_id for row_id, _, _ in expected}) == ROWS
    rng, killed, job = random.Random(seed), 0, 0
    while killed < kills:
        config, job_kills = make_job(folder, f"{kind}-{job}"), 0
        for _ in lives(config, folder / "log.txt", kind, rng, span_s):
            job_kills += 1
        out = folder / f"{kind}-{job}"
        assert answers_of(out) == expected
        assert set(output_of(out)["error_kind"].to_pylist()) == {None}
        assert status_of(out)["requests_computed_again"] <= 2 * SLOTS * job_kills
        killed += job_kills
        job += 1


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", KINDS)
def test_a_job_of_300_rows_killed_at_a_few_moments_is_whole(tmp_path: Path, kind: str) -> None:
    torment(tmp_path, fake_job, kind, kills=KILLS, seed=KINDS.index(kind))


@pytest.mark.timeout(600)
def test_the_demo_model_killed_a_few_times_gives_the_same_answers(tmp_path: Path) -> None:
    torment(tmp_path, demo_job, "both", kills=3, seed=99)
