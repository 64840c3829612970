"""Ctrl-C and SIGTERM as a count that the job's loop looks at."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType


@dataclass
class Stop:
    """The first asks to finish what runs, the second insists."""

    asked: int = 0

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self.asked += 1


@contextmanager
def signals_to(stop: Stop) -> Iterator[None]:
    """SIGINT and SIGTERM count into `stop` while the job runs (only possible in the main thread)."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
