"""Several watchers of one run as one."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from batch.counts import Counts
from batch.records import Telemetry

if TYPE_CHECKING:
    from batch.loop import Watcher

End = Literal["complete", "stopped", "failed"]


class Together:
    """Tells each of them everything, in order."""

    def __init__(self, watchers: "Sequence[Watcher]") -> None:
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
