"""How a run stands, put together from what its watchers hear: one flat object for the log, the metrics and `status`."""

from dataclasses import dataclass, field
from typing import Any

from batch.counts import Counts
from batch.records import Telemetry


@dataclass
class Work:
    """The latest of everything. `waiting_s` and `working_s` are added up over the run: how long the engine had no
    prepared request, and how long it computed."""

    total_rows: int = 0
    counts: Counts = field(default_factory=Counts)
    slots: int = 0
    slots_busy: int = 0
    memory_bytes: int = 0
    prepared_bytes: int = 0
    waiting_s: float = 0.0
    working_s: float = 0.0

    def busy(self, telemetry: Telemetry) -> None:
        self.slots_busy = telemetry.slots_busy
        self.memory_bytes = telemetry.memory_bytes
        self.prepared_bytes = telemetry.prepared_bytes
        self.waiting_s += telemetry.waiting_s
        self.working_s += telemetry.working_s

    def as_dict(self) -> dict[str, Any]:
        """Of event `moved` in the log. Counts are the whole job's, earlier runs included."""
        return {
            "rows_total": self.total_rows,
            "rows_done": self.counts.done,
            "rows_failed": self.counts.rows["failed"],
            "requests": self.counts.requests,
            "prompt_tokens": self.counts.prompt_tokens,
            "completion_tokens": self.counts.completion_tokens,
            "audio_seconds": round(self.counts.audio_seconds, 3),
            "errors": dict(self.counts.errors.most_common()),
            "slots": self.slots,
            "slots_busy": self.slots_busy,
            "memory_bytes": self.memory_bytes,
            "prepared_bytes": self.prepared_bytes,
            "waiting_s": round(self.waiting_s, 3),
            "working_s": round(self.working_s, 3),
        }
