"""A node as the runner knows it: what it does, and what it was given."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from batch.records import (
    AssignmentFinished,
    Event,
    RequestFinished,
    WorkerDied,
    WorkerEnded,
    WorkerFailed,
    WorkerReady,
)


@dataclass
class RemoteNode:
    """`life` counts its workers, `heard` their messages, so that what is old or lost is noticed. `tasks`: Dask's
    futures by shard."""

    name: str
    address: str
    state: Literal["offered", "loading", "working", "draining", "ended", "busy", "fenced"] = "offered"
    reason: str | None = None
    life: int = 0
    heard: int = 0
    slots: int = 0
    requests: int = 0
    deaths: int = 0
    offered_at: float = field(default_factory=time.monotonic)
    working_since: float = field(default_factory=time.monotonic)
    tasks: dict[int, Any] = field(default_factory=dict)

    @property
    def has_worker(self) -> bool:
        return self.state in ("loading", "working", "draining")

    def begin_life(self) -> None:
        self.state, self.heard = "loading", 0
        self.life += 1

    def take(self, events: Sequence[Event]) -> None:
        """What its worker said."""
        for event in events:
            match event:
                case WorkerReady():
                    if self.state == "loading":
                        self.state = "working"
                        self.working_since = time.monotonic()
                    self.slots = event.slots
                case RequestFinished():
                    self.requests += 1
                case AssignmentFinished():
                    self.tasks.pop(event.shard, None)
                case WorkerDied() | WorkerEnded() | WorkerFailed():
                    self.deaths += isinstance(event, WorkerDied)
                    self.state = "ended"
                    self.drop_tasks()

    def drop_tasks(self) -> None:
        for future in self.tasks.values():
            future.release()
        self.tasks.clear()

    def report(self) -> dict[str, Any]:
        """For `status`."""
        seconds = max(1e-9, time.monotonic() - self.working_since)
        return {
            "node": self.name,
            "state": self.state,
            "reason": self.reason,
            "slots": self.slots,
            "requests": self.requests,
            "requests_per_s": round(self.requests / seconds, 3),
            "deaths": self.deaths,
        }
