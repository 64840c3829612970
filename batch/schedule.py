"""What runs next: suspects alone first, then open shards in order; and what a worker's death means.

Pure logic over the ledger's answers; knows no process.
"""

import signal
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from batch.records import (
    Assignment,
    Event,
    RequestFinished,
    RequestKey,
    RequestStarted,
    RowKey,
    WorkerDied,
)

# Ends that only our own process can bring about. SIGKILL and SIGTERM may be anybody's.
OWN_FAULT_SIGNALS = frozenset(
    (signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGTRAP)
)
# Metal's out-of-memory aborts the process; the kernel's out-of-memory killer sends SIGKILL.
MEMORY_SIGNALS = frozenset((signal.SIGABRT, signal.SIGKILL))
FOREIGN_DEATHS_ALONE = 3
RECOVER_AFTER_REQUESTS = 64


class Pending(Protocol):
    """What the schedule asks of the ledger."""

    def open_shards(self) -> Sequence[int]: ...
    def assignment(self, index: int) -> Assignment: ...
    def strike(self, keys: Iterable[RequestKey], cause: str) -> None: ...
    def strikes(self) -> Mapping[RequestKey, Mapping[str, int]]: ...


class Schedule:
    """Hands out assignments; remembers what is in flight, whom to suspect, and how many slots to dare."""

    def __init__(self, ledger: Pending, suspects: Iterable[RowKey] = (), *, careful: bool = False) -> None:
        """`careful`: begin with half of the slots, as after a death for want of memory."""
        self._ledger = ledger
        self._careful = careful
        self._slots = 0
        self._cap = 0
        self._finished_since_cap = 0
        self._suspects = deque(dict.fromkeys(suspects))
        self._alone: RowKey | None = None
        self._in_flight: set[RequestKey] = set()
        self.started_any = False

    @property
    def slots(self) -> int:
        """How many requests may run at once now; fewer than the engine has after a death for want of memory."""
        return self._cap

    def worker_ready(self, slots: int) -> None:
        """The engine has this many; a cap from earlier deaths stays."""
        first = max(1, slots // 2) if self._careful else slots
        self._cap = min(self._cap, slots) if self._slots else first
        self._slots = slots

    def worker_started(self) -> None:
        self._in_flight.clear()
        self._alone = None
        self.started_any = False

    def next(self, held: frozenset[int]) -> Assignment | None:
        """The next assignment for a worker that holds `held`; None while it must wait or nothing is left."""
        while self._suspects:
            if held:
                return None  # nothing joins a suspect, and a suspect joins nothing
            row = self._suspects.popleft()
            if row.shard not in self._ledger.open_shards():
                continue
            whole = self._ledger.assignment(row.shard)
            if row.row in whole.rows:
                self._alone = row
                finished = tuple(key for key in whole.finished if key.row == row.row)
                return replace(whole, rows=(row.row,), finished=finished, slots=1)
        if self._alone is not None:
            if held:
                return None
            self._alone = None
        for index in self._ledger.open_shards():
            if index not in held:
                assignment = self._ledger.assignment(index)
                if assignment.rows:
                    cap = self._cap if self._cap < self._slots else 0
                    return replace(assignment, slots=cap)
        return None

    def observe(self, events: Iterable[Event]) -> None:
        """Keep track of what is in flight."""
        for event in events:
            match event:
                case RequestStarted(key):
                    self._in_flight.add(key)
                    self.started_any = True
                case RequestFinished(completion):
                    self._in_flight.discard(completion.key)
                    self._recover()
                case _:
                    pass

    def died(self, death: WorkerDied) -> list[RequestKey]:
        """Suspect what was in flight; return the requests that this death condemns.

        Only a request that ran alone is condemned: by the first death of its own making, or by the third
        one that may have been anybody's (SIGKILL, SIGTERM).
        """
        flying = sorted(self._in_flight)
        rows = dict.fromkeys(RowKey(key.shard, key.row) for key in flying)
        condemned: list[RequestKey] = []
        if list(rows) == [self._alone]:
            own = death.ours or death.exit_code != 0 or death.signal in OWN_FAULT_SIGNALS
            cause, enough = ("own", 1) if own else ("foreign", FOREIGN_DEATHS_ALONE)
            self._ledger.strike(flying, cause)
            strikes = self._ledger.strikes()
            condemned = [key for key in flying if strikes[key][cause] >= enough]
        self._suspects.extend(rows)
        if death.signal in MEMORY_SIGNALS and not death.ours:
            self._cap = max(1, self._cap // 2)
            self._finished_since_cap = 0
        return condemned

    def retired(self) -> None:
        """The worker takes nothing more. A row that ran alone and is not done does so again."""
        if self._alone is not None:
            self._suspects.appendleft(self._alone)

    def _recover(self) -> None:
        if self._cap >= self._slots:
            return
        self._finished_since_cap += 1
        if self._finished_since_cap >= RECOVER_AFTER_REQUESTS:
            self._cap += 1
            self._finished_since_cap = 0
