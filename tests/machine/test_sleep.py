"""Sleep is measured between two clocks, and prevented by a program that ends with us."""

import os
import stat
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from batch.machine.sleep import SleepWatch, StayAwake, always_s

CAFFEINATE = """#!/bin/sh
echo "$$ $*" >> "$(dirname "$0")/asked"
exec sleep 60
"""


class Clocks:
    """Time passes while awake, or while asleep, when only one of the clocks goes on."""

    def __init__(self) -> None:
        self.awake, self.always = 100.0, 5000.0

    def work(self, seconds: float) -> None:
        self.awake += seconds
        self.always += seconds

    def sleep(self, seconds: float) -> None:
        self.always += seconds


def test_what_was_slept_is_told_once() -> None:
    clocks = Clocks()
    watch = SleepWatch(lambda: clocks.awake, lambda: clocks.always)
    clocks.work(3600)
    assert watch.slept_s() == 0
    clocks.sleep(7200)
    clocks.work(10)
    assert watch.slept_s() == 7200
    assert watch.slept_s() == 0


def test_short_naps_are_told_when_they_have_come_to_something() -> None:
    clocks = Clocks()
    watch = SleepWatch(lambda: clocks.awake, lambda: clocks.always)
    clocks.sleep(3)
    assert watch.slept_s() == 0
    clocks.sleep(3)
    assert watch.slept_s() == 6


def test_this_machine_has_not_slept_during_the_test() -> None:
    watch = SleepWatch()
    before = always_s()
    time.sleep(0.01)
    assert always_s() > before
    assert watch.slept_s() == 0


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """A caffeinate on the PATH; calls it has had, as `PID ARGUMENTS`."""
    program = tmp_path / "caffeinate"
    program.write_text(CAFFEINATE)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    def calls() -> list[str]:
        for _ in range(500):
            if (tmp_path / "asked").exists():
                break
            time.sleep(0.01)
        return (tmp_path / "asked").read_text().splitlines()

    return calls


def test_idle_sleep_is_held_off_for_this_process_and_never_the_display(asked: Callable[[], list[str]]) -> None:
    awake = StayAwake()
    awake.hold()
    awake.hold()
    (call,) = asked()
    caffeinate, *arguments = call.split()
    assert arguments == ["-i", "-w", str(os.getpid())]
    awake.release()
    awake.release()
    with pytest.raises(ProcessLookupError):
        os.kill(int(caffeinate), 0)


def test_where_there_is_no_caffeinate_nothing_is_held(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    awake = StayAwake()
    awake.hold()
    awake.release()
    assert awake._process is None
