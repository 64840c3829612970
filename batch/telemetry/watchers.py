"""Who watches a run, and several of them as one."""

from collections.abc import Sequence
from typing import Any, Literal, Protocol

from batch.counts import Counts
from batch.records import Telemetry

End = Literal["complete", "stopped", "failed"]


class Watcher(Protocol):
    """Whoever wants to see the job move: a progress line, a log, nobody."""

    def begun(self, total_rows: int, counts: Counts) -> None: ...
    def ready(self, info: dict[str, Any], slots: int) -> None: ...
    def moved(self, counts: Counts) -> None: ...
    def busy(self, telemetry: Telemetry) -> None: ...
    def told(self, message: str) -> None: ...


class Together:
    """Tells each of them everything, in order."""

    def __init__(self, watchers: Sequence[Watcher]) -> None:
        self._watchers = watchers

    def begun(self, total_rows: int, counts: Counts) -> None:
        for watcher in self._watchers:
            watcher.begun(total_rows, counts)

    def ready(self, info: dict[str, Any], slots: int) -> None:
        for watcher in self._watchers:
            watcher.ready(info, slots)

    def moved(self, counts: Counts) -> None:
        for watcher in self._watchers:
            watcher.moved(counts)

    def busy(self, telemetry: Telemetry) -> None:
        for watcher in self._watchers:
            watcher.busy(telemetry)

    def told(self, message: str) -> None:
        for watcher in self._watchers:
            watcher.told(message)
