"""Room on the volume for what is still to come: a job stops while it can still do so in order."""

import time
from collections.abc import Callable
from pathlib import Path

from batch import durable
from batch.errors import OutputError
from batch.ledger.ledger import Ledger
from batch.output import parts

LOOK_EVERY_S = 5.0
RECENT_PARTS = 20
PARTS_AHEAD = 2
"""Beside `output.min_free`: the next part, and as much again for its answers in the ledger until then."""


class Space:
    """Reckons with the size of the latest parts."""

    def __init__(
        self,
        folder: Path,
        ledger: Ledger,
        min_free_bytes: int,
        *,
        free: Callable[[Path], int] = durable.free_bytes,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = folder
        self._ledger = ledger
        self._min_free_bytes = min_free_bytes
        self._free = free
        self._now_s = now_s
        self._looked_s: float | None = None
        self._warned = False

    def check(self) -> str | None:
        """A sentence to tell, once, where the rest will not fit. Looks every LOOK_EVERY_S seconds at most.

        Raises OutputError where the next part may not fit, with what is needed and where.
        """
        now_s = self._now_s()
        if self._looked_s is not None and now_s - self._looked_s < LOOK_EVERY_S:
            return None
        self._looked_s = now_s
        largest, rest = self._expected()
        for place in dict.fromkeys((self._folder, self._ledger.path.parent)):
            free = self._free(place)
            needed = self._min_free_bytes + PARTS_AHEAD * largest
            if free < needed:
                raise OutputError(
                    f"the disk is nearly full: {durable.size(free)} are free at {str(place)!r}, and "
                    f"{durable.size(needed)} are wanted there for the next part (output.min_free among them); all that "
                    f"is left of the job needs about {durable.size(rest)}. Make space there and give the same command "
                    "again: it resumes where it stopped"
                )
        return self._warning(rest)

    def _warning(self, rest: int) -> str | None:
        free = self._free(self._folder)
        if self._warned or free >= self._min_free_bytes + rest:
            return None
        self._warned = True
        return (
            f"about {durable.size(rest)} are still to be written to {str(self._folder)!r} and {durable.size(free)} are "
            "free: it will stop before the disk is full"
        )

    def _expected(self) -> tuple[int, int]:
        """Bytes of the largest of the latest parts, and of all rows that are not in a part yet."""
        committed = self._ledger.committed()
        recent = committed[-RECENT_PARTS:]
        sizes = [durable.file_bytes(self._folder / parts.part_name(part.shard)) for part in recent]
        rows = sum(part.rows for part in recent)
        left = max(0, self._ledger.total_rows - sum(part.rows for part in committed))
        return max(sizes, default=0), round(left * sum(sizes) / rows) if rows else 0
