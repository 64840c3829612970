"""Mains or battery, and whether the job should wait for the mains."""

import contextlib
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

SUPPLIES = Path("/sys/class/power_supply")
LOOK_EVERY_S = 5.0


@dataclass(frozen=True, slots=True)
class Power:
    """`percent` is what the emptiest battery still holds; None without one."""

    on_battery: bool
    percent: int | None = None


MAINS = Power(on_battery=False)


def read_power(supplies: Path = SUPPLIES) -> Power:
    """As `pmset -g batt` tells (macOS), or /sys/class/power_supply (Linux). A machine that does not say is on mains."""
    program = shutil.which("pmset")
    if program is None:
        return parse_supplies(supplies)
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        asked = subprocess.run([program, "-g", "batt"], capture_output=True, text=True, timeout=10, check=True)
        return parse_pmset(asked.stdout)
    return MAINS


def parse_pmset(text: str) -> Power:
    """pmset(1): `Now drawing from 'Battery Power'`, then a line with `72%;` for each battery."""
    percents = [int(found) for found in re.findall(r"(\d+)%;", text)]
    return Power("drawing from 'Battery Power'" in text, min(percents, default=None))


def parse_supplies(folder: Path) -> Power:
    """sysfs-class-power: on battery where one discharges and no other supply is online. A mouse's battery (scope
    Device) does not count."""
    percents: list[int] = []
    discharging = online = False
    for supply in sorted(folder.iterdir()) if folder.is_dir() else ():
        if _word(supply / "type") != "Battery":
            online |= _word(supply / "online") == "1"
        elif _word(supply / "scope") != "Device":
            discharging |= _word(supply / "status") == "Discharging"
            if (capacity := _word(supply / "capacity")).isdigit():
                percents.append(int(capacity))
    return Power(discharging and not online, min(percents, default=None))


def _word(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


class PowerRule:
    """Says why the job should wait now. `battery_min_percent` 0: a low battery is no reason."""

    def __init__(
        self,
        *,
        pause_on_battery: bool,
        battery_min_percent: int,
        read: Callable[[], Power] = read_power,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pause_on_battery = pause_on_battery
        self._battery_min_percent = battery_min_percent
        self._read = read
        self._now_s = now_s
        self._looked_s: float | None = None
        self._reason: str | None = None

    def reason(self) -> str | None:
        """A sentence, or None where it may work. Looks every LOOK_EVERY_S seconds at most."""
        now_s = self._now_s()
        if self._looked_s is None or now_s - self._looked_s >= LOOK_EVERY_S:
            self._looked_s = now_s
            self._reason = self._judge() if self._pause_on_battery or self._battery_min_percent else None
        return self._reason

    def _judge(self) -> str | None:
        power = self._read()
        if not power.on_battery:
            return None
        if self._pause_on_battery:
            return "on battery (run.pause_on_battery)"
        if power.percent is not None and power.percent < self._battery_min_percent:
            return f"the battery is at {power.percent} % (run.battery_min_percent is {self._battery_min_percent})"
        return None
