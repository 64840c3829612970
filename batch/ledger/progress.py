"""Where the open shards stand, in memory, so that "is this shard complete?" never asks the database.

It mirrors the tables row by row: loaded once when the ledger is opened, moved on by each recorded event,
forgotten when a shard is committed.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from batch.counts import Counts, status_of
from batch.records import Completion, RowFailed, RowPlanned


@dataclass(slots=True)
class RowProgress:
    """One row. `started`, `again` (started more than once), `finished` are bit sets of request numbers."""

    read: bool = False
    planned: int | None = None
    failed: str | None = None
    started: int = 0
    finished: int = 0
    again: int = 0
    errors: int = 0
    broken_off: bool = False
    error_kind: str | None = None
    flags: tuple[str, ...] = ()

    @property
    def unfinished(self) -> int:
        """Requests that some worker began and none finished."""
        return self.started & ~self.finished

    @property
    def done(self) -> bool:
        return self.failed is not None or (self.planned is not None and self.finished.bit_count() >= self.planned)


@dataclass(slots=True)
class ShardProgress:
    """One open shard of `size` rows. `wanted` maps rows to their attempt; None: all rows, first attempt.
    `variations` are those of `wanted` that are to be answered otherwise than before."""

    size: int
    wanted: dict[int, int] | None = None
    variations: dict[int, int] = field(default_factory=dict)
    rows: dict[int, RowProgress] = field(default_factory=dict)
    counts: Counts = field(default_factory=Counts)
    done: int = 0

    @property
    def complete(self) -> bool:
        return self.done >= (self.size if self.wanted is None else len(self.wanted))

    def wants(self, row: int) -> bool:
        return 0 <= row < self.size if self.wanted is None else row in self.wanted

    def attempt(self, row: int) -> int:
        return 1 if self.wanted is None else self.wanted[row]

    def missing(self) -> list[int]:
        """Wanted rows that are not done, ascending."""
        wanted: Iterable[int] = range(self.size) if self.wanted is None else sorted(self.wanted)
        return [row for row in wanted if not ((progress := self.rows.get(row)) and progress.done)]

    def row(self, row: int) -> RowProgress:
        progress = self.rows.get(row)
        if progress is None:
            progress = self.rows[row] = RowProgress()
        return progress

    def read(self, row: int) -> bool:
        """True when this is new. So for the others below."""
        progress = self.row(row)
        new, progress.read = not progress.read, True
        return new

    def plan(self, event: RowPlanned) -> bool:
        progress = self.row(event.row)
        if progress.planned is not None or progress.failed is not None:
            return False
        progress.planned = event.requests
        progress.finished &= (1 << event.requests) - 1
        progress.flags += event.flags
        progress.broken_off = event.error_kind is not None
        progress.error_kind = progress.error_kind or event.error_kind
        self.counts.audio_seconds += event.audio_seconds or 0.0
        self._settle(progress)
        return True

    def fail(self, event: RowFailed) -> bool:
        progress = self.row(event.row)
        if progress.done:
            return False
        progress.failed = event.error_kind
        self._settle(progress)
        return True

    def start(self, row: int, request: int) -> bool:
        progress, bit = self.row(row), 1 << request
        if progress.finished & bit:
            return False
        progress.again |= progress.started & bit
        progress.started |= bit
        return True

    def finish(self, completion: Completion) -> bool:
        key = completion.key
        progress, bit = self.row(key.row), 1 << key.request
        if progress.finished & bit or (progress.planned is not None and key.request >= progress.planned):
            return False
        was_done = progress.done
        progress.finished |= bit
        progress.flags += completion.flags
        if completion.error_kind is not None:
            progress.errors += 1
            progress.error_kind = progress.error_kind or completion.error_kind
        self.counts.requests += 1
        self.counts.prompt_tokens += completion.prompt_tokens
        self.counts.completion_tokens += completion.completion_tokens
        if not was_done:
            self._settle(progress)
        return True

    def _settle(self, progress: RowProgress) -> None:
        """Count the row if it has just become done."""
        if not progress.done:
            return
        self.done += 1
        if progress.failed is not None:
            self.counts.add_row("failed", progress.failed, progress.flags)
        else:
            finished = progress.finished.bit_count()
            status = status_of(progress.planned or 0, finished, progress.errors, broken_off=progress.broken_off)
            self.counts.add_row(status, progress.error_kind, progress.flags)
