"""Mains or battery, as macOS and Linux tell it, and when that is a reason to wait."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from batch.machine.power import LOOK_EVERY_S, Power, PowerRule, parse_pmset, parse_supplies, read_power

# As pmset(1) prints them.
ON_BATTERY = """Now drawing from 'Battery Power'
 -InternalBattery-0 (id=22741091)\t72%; discharging; 6:41 remaining present: true
"""
ON_MAINS = """Now drawing from 'AC Power'
 -InternalBattery-0 (id=22741091)\t100%; charged; 0:00 remaining present: true
"""
A_MAC_MINI = "Now drawing from 'AC Power'\n"


@pytest.mark.parametrize(
    ("text", "power"),
    [(ON_BATTERY, Power(True, 72)), (ON_MAINS, Power(False, 100)), (A_MAC_MINI, Power(False)), ("", Power(False))],
)
def test_what_pmset_says(text: str, power: Power) -> None:
    assert parse_pmset(text) == power


def supply(folder: Path, name: str, **files: str) -> None:
    (folder / name).mkdir()
    for file, text in files.items():
        (folder / name / file).write_text(f"{text}\n")


def test_a_linux_laptop_on_battery(tmp_path: Path) -> None:
    supply(tmp_path, "AC", type="Mains", online="0")
    supply(tmp_path, "BAT0", type="Battery", status="Discharging", capacity="43")
    supply(tmp_path, "BAT1", type="Battery", status="Unknown", capacity="90")
    assert parse_supplies(tmp_path) == Power(True, 43)
    (tmp_path / "AC" / "online").write_text("1\n")
    assert parse_supplies(tmp_path) == Power(False, 43)


def test_a_mouse_is_no_battery_and_a_server_is_on_mains(tmp_path: Path) -> None:
    supply(tmp_path, "hidpp_0", type="Battery", scope="Device", status="Discharging", capacity="3")
    assert parse_supplies(tmp_path) == Power(False)
    assert parse_supplies(tmp_path / "nowhere") == Power(False)


def test_pmset_on_the_path_is_asked_and_one_that_fails_is_no_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "pmset"
    program.write_text(f'#!/bin/sh\n[ "$*" = "-g batt" ] && cat <<X\n{ON_BATTERY}X\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert read_power() == Power(True, 72)
    program.write_text("#!/bin/sh\nexit 1\n")
    assert read_power() == Power(False)


class Machine:
    """A battery and a clock."""

    def __init__(self, power: Power) -> None:
        self.power = power
        self.now_s = 0.0
        self.looks = 0

    def read(self) -> Power:
        self.looks += 1
        return self.power

    def rule(self, *, pause_on_battery: bool = False, battery_min_percent: int = 0) -> Callable[[], str | None]:
        rule = PowerRule(
            pause_on_battery=pause_on_battery,
            battery_min_percent=battery_min_percent,
            read=self.read,
            now_s=lambda: self.now_s,
        )
        return rule.reason


def test_on_battery_is_a_reason_only_where_it_was_asked_for() -> None:
    assert Machine(Power(True, 80)).rule(pause_on_battery=True)() == "on battery (run.pause_on_battery)"
    assert Machine(Power(True, 80)).rule(battery_min_percent=10)() is None
    assert Machine(Power(False, 5)).rule(pause_on_battery=True, battery_min_percent=10)() is None


def test_a_low_battery_is_a_reason() -> None:
    machine = Machine(Power(True, 9))
    assert machine.rule(battery_min_percent=10)() == "the battery is at 9 % (run.battery_min_percent is 10)"


def test_the_battery_is_looked_at_now_and_then() -> None:
    machine = Machine(Power(True, 80))
    reason = machine.rule(pause_on_battery=True)
    assert reason() is not None
    machine.power = Power(False, 80)
    assert reason() is not None
    machine.now_s += LOOK_EVERY_S
    assert reason() is None
    assert machine.looks == 2


def test_where_nothing_was_asked_the_battery_is_not_looked_at() -> None:
    machine = Machine(Power(True, 1))
    assert machine.rule()() is None
    assert machine.looks == 0
