"""Sleep: the machine is kept from idling into it while there is work, and what it slept all the same is noticed.

`time.monotonic` stands still while the machine sleeps, on macOS and on Linux; so rates, ETA and the watchdogs count no
sleep by themselves. What is measured here is for telling a person.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable

SHORTEST_S = 5.0
"""Two clocks that are read one after the other differ a little; a shorter sleep is of no interest."""


def always_s() -> float:
    """Seconds on a clock that goes on while the machine sleeps and that nobody can set.

    clock_gettime(3) of macOS: CLOCK_MONOTONIC "will continue to increment while the system is asleep". clock_gettime(2)
    of Linux: CLOCK_BOOTTIME "also includes any time that the system is suspended".
    """
    return time.clock_gettime(time.CLOCK_MONOTONIC if sys.platform == "darwin" else time.CLOCK_BOOTTIME)


class SleepWatch:
    """Compares a clock that sleeps with the machine to one that does not. Setting the time of day changes neither."""

    def __init__(self, awake_s: Callable[[], float] = time.monotonic, always_s: Callable[[], float] = always_s) -> None:
        self._awake_s = awake_s
        self._always_s = always_s
        self._apart_s = self._always_s() - self._awake_s()

    def slept_s(self) -> float:
        """Seconds slept since the last call; 0 for less than SHORTEST_S, which the next call still sees."""
        apart_s = self._always_s() - self._awake_s()
        slept_s = apart_s - self._apart_s
        if slept_s < SHORTEST_S:
            return 0.0
        self._apart_s = apart_s
        return slept_s


class StayAwake:
    """Holds macOS's assertion against idle sleep, from `hold` to `release`, never for the display.

    `caffeinate -i -w PID` (caffeinate(8)) ends by itself when this process does, however that happens. A closed lid
    and a low battery still put the machine to sleep. Where there is no such program nothing is held.
    """

    def __init__(self) -> None:
        self._program = shutil.which("caffeinate")
        self._process: subprocess.Popen[bytes] | None = None

    def hold(self) -> None:
        if self._program is None or self._process is not None:
            return
        self._process = subprocess.Popen(
            [self._program, "-i", "-w", str(os.getpid())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def release(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None
