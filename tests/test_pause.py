"""A job on a laptop: it waits for the mains, lets the machine sleep meanwhile, and goes on by itself."""

import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands import answers_of, start_command, status_of, text_table, write_config

PMSET = """#!/bin/sh
echo "Now drawing from '$(cat "{power}")'"
echo " -InternalBattery-0 (id=1)\t{percent}%; 3:10 remaining present: true"
"""
CAFFEINATE = """#!/bin/sh
echo "$*" >> "{calls}"
exec sleep 600
"""
ON_BATTERY, ON_MAINS = "Battery Power", "AC Power"


@pytest.fixture
def machine(tmp_path: Path) -> Callable[[str, int], dict[str, str]]:
    """Its environment: a pmset that says what the file `power` says, and a caffeinate that notes its calls."""

    def made(power: str, percent: int) -> dict[str, str]:
        programs = tmp_path / "bin"
        programs.mkdir()
        (tmp_path / "power").write_text(power)
        texts = {
            "pmset": PMSET.format(power=tmp_path / "power", percent=percent),
            "caffeinate": CAFFEINATE.format(calls=tmp_path / "calls"),
        }
        for name, text in texts.items():
            (programs / name).write_text(text)
            (programs / name).chmod(0o755)
        return {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}

    return made


def wait_for(log: Path, words: str) -> str:
    for _ in range(3000):
        if words in log.read_text():
            return log.read_text()
        time.sleep(0.02)
    raise AssertionError(f"{words!r} was never said:\n{log.read_text()}")


def job(folder: Path, **run: object) -> Path:
    source = text_table(folder / "in.parquet", 60)
    return write_config(folder / "job.yaml", task="answer", model="fake", source={"path": str(source)}, run=run)


def test_a_job_waits_for_the_mains_and_then_goes_on_by_itself(
    tmp_path: Path, machine: Callable[[str, int], dict[str, str]]
) -> None:
    log = tmp_path / "log"
    began = time.monotonic()
    runner = start_command("run", job(tmp_path, pause_on_battery=True), log=log, **machine(ON_BATTERY, 80))
    wait_for(log, "paused: on battery (run.pause_on_battery)")
    assert not (tmp_path / "calls").exists(), "a paused job keeps no machine awake"
    time.sleep(4)
    (tmp_path / "power").write_text(ON_MAINS)
    assert runner.wait(60) == 0
    assert "going on" in log.read_text()
    paused = re.search(r"it was paused for 0:(\d+) meanwhile, which is not counted", log.read_text())
    took = re.search(r"tokens in 0:(\d+) \(", log.read_text())
    assert paused is not None
    assert took is not None
    assert int(paused[1]) >= 4
    assert int(took[1]) <= time.monotonic() - began - int(paused[1]) + 1
    assert (tmp_path / "calls").read_text() == f"-i -w {runner.pid}\n"
    assert len(answers_of(tmp_path / "job.out")) == 60


def test_a_job_at_work_pauses_when_the_battery_is_nearly_empty_and_ctrl_c_ends_the_wait(
    tmp_path: Path, machine: Callable[[str, int], dict[str, str]]
) -> None:
    log = tmp_path / "log"
    slow = '{"step_s": 0.2, "tokens": 5}'
    runner = start_command("run", job(tmp_path), log=log, GEMMA4_BATCH_FAKE=slow, **machine(ON_MAINS, 7))
    wait_for(log, "8 slots")
    (tmp_path / "power").write_text(ON_BATTERY)
    wait_for(log, "paused: the battery is at 7 % (run.battery_min_percent is 10)")
    runner.send_signal(signal.SIGINT)
    assert runner.wait(60) == 130
    assert "The same command goes on where it was" in log.read_text()
    status = status_of(tmp_path / "job.out")
    assert (status["state"], status["requests_in_flight"]) == ("stopped", 0)
    assert 0 < status["rows_done"] < 60
