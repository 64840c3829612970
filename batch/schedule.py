"""What runs next and where: suspects alone first, then open shards in order; and what a worker's death means.

Pure logic over the ledger's answers; knows no process.
"""

import signal
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from batch.records import (
    Assignment,
    AssignmentFinished,
    Event,
    RequestFinished,
    RequestKey,
    RequestRepeated,
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
ASSIGNMENTS_AHEAD = 2  # the next one is there before the last row of this one is done: slots stay full
FOREIGN_DEATHS_ALONE = 3
DEATHS_IN_A_ROW = 6  # more than an innocent node can have: one in company and three alone, and then one is condemned
RECOVER_AFTER_REQUESTS = 64


class Pending(Protocol):
    """What the schedule asks of the ledger."""

    def open_shards(self) -> Sequence[int]: ...
    def assignment(self, index: int) -> Assignment: ...
    def strike(self, keys: Iterable[RequestKey], cause: str) -> None: ...
    def strikes(self) -> Mapping[RequestKey, Mapping[str, int]]: ...


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows from a worker's death: requests to give up, and whether to give up its node, and why."""

    condemned: tuple[RequestKey, ...] = ()
    fence: str | None = None


@dataclass
class _Node:
    """A worker and what it has. `out`: rows given to it and not finished, by shard. `deaths` in a row, with nothing
    finished and nobody condemned between them; `began` any request since its worker was started."""

    slots: int = 0
    cap: int = 0
    finished_since_cap: int = 0
    out: dict[int, frozenset[int]] = field(default_factory=dict)
    in_flight: set[RequestKey] = field(default_factory=set)
    suspects: deque[RowKey] = field(default_factory=deque)
    alone: RowKey | None = None
    began: bool = False
    deaths: int = 0

    def recover(self) -> None:
        self.deaths = 0
        if self.cap >= self.slots:
            return
        self.finished_since_cap += 1
        if self.finished_since_cap >= RECOVER_AFTER_REQUESTS:
            self.cap += 1
            self.finished_since_cap = 0


class Schedule:
    """Hands out assignments to nodes; remembers what is in flight where, whom to suspect, and how many slots to dare.

    A row is with one node at a time. A suspect runs alone on its node; the others go on."""

    def __init__(
        self,
        ledger: Pending,
        suspects: Iterable[RowKey] = (),
        *,
        careful: bool = False,
        most_rows: Callable[[], int | None] = lambda: None,
    ) -> None:
        """`careful`: begin with half of the slots, as after a death for want of memory. `most_rows` that an
        assignment may have now."""
        self._ledger = ledger
        self._most_rows = most_rows
        self._careful = careful
        self._nodes: dict[str, _Node] = {}
        self._suspects = deque(dict.fromkeys(suspects))  # of no node yet
        self._died_on: dict[RowKey, set[str]] = {}  # nodes whose worker died while this row ran alone
        self._taken: dict[int, set[int]] = {}  # rows that are with a node, or suspects, by shard
        self._full: set[int] = set()  # shards of which nothing is left to give
        self._keep_back(self._suspects)

    def slots(self, node: str) -> int:
        """How many requests may run there at once now; fewer than the engine has after a death for want of memory."""
        return self._nodes[node].cap

    def worker_ready(self, node: str, slots: int) -> None:
        """The engine has this many; a cap from earlier deaths stays."""
        here = self._node(node)
        first = max(1, slots // 2) if self._careful else slots
        here.cap = min(here.cap, slots) if here.slots else first
        here.slots = slots

    def worker_started(self, node: str) -> None:
        """A new worker, which has nothing."""
        here = self._node(node)
        self._take_back(here)
        here.alone = None
        here.began = False

    def workers_ended(self) -> None:
        """All of them, well: what they had not begun may go to anybody."""
        for node in self._nodes:
            self.worker_started(node)

    # ------------------------------------------------------------ what runs next
    def next(self, node: str) -> Assignment | None:
        """The next assignment for a node; None while it has enough, must wait, or nothing is left."""
        here = self._node(node)
        if len(here.out) >= ASSIGNMENTS_AHEAD:
            return None
        self._claim_suspects(node, here)
        if here.out and (here.suspects or here.alone is not None):
            return None  # nothing joins a suspect, and a suspect joins nothing
        here.alone = None
        return self._next_suspect(here) or self._next_rows(here)

    def _claim_suspects(self, node: str, here: _Node) -> None:
        """Suspects of no node, because theirs is gone or another one should try: the first node that may takes them,
        unless some are with another one already."""
        if not self._suspects or any(other.suspects for other in self._nodes.values()):
            return
        mine = [row for row in self._suspects if node in self._untried(row) or not self._untried(row)]
        here.suspects.extend(mine)
        self._suspects = deque(row for row in self._suspects if row not in mine)

    def _untried(self, row: RowKey) -> set[str]:
        """Nodes whose worker has not died of this row."""
        return self._nodes.keys() - self._died_on.get(row, set())

    def _next_suspect(self, here: _Node) -> Assignment | None:
        while here.suspects:
            row = here.suspects.popleft()
            whole = self._ledger.assignment(row.shard) if row.shard in self._ledger.open_shards() else None
            if whole is None or row.row not in whole.rows:
                self._release(row.shard, (row.row,))
                continue
            here.alone = row
            here.out[row.shard] = frozenset((row.row,))
            finished = tuple(key for key in whole.finished if key.row == row.row)
            return replace(whole, rows=(row.row,), finished=finished, slots=1)
        return None

    def _next_rows(self, here: _Node) -> Assignment | None:
        shards = self._ledger.open_shards()
        for index in shards:
            if index in self._full or index in here.out:
                continue
            whole = self._ledger.assignment(index)
            taken = self._taken.get(index, set())
            free = tuple(row for row in whole.rows if row not in taken)
            most = self._piece(here, len(free) + (len(shards) - len(self._full) - 1) * whole.shard.rows)
            if len(free) <= most:
                self._full.add(index)
            if free:
                return self._give(here, whole, free[:most])
        return None

    def _give(self, here: _Node, whole: Assignment, rows: tuple[int, ...]) -> Assignment:
        self._taken.setdefault(whole.shard.index, set()).update(rows)
        chosen = here.out[whole.shard.index] = frozenset(rows)
        finished = tuple(key for key in whole.finished if key.row in chosen)
        return replace(whole, rows=rows, finished=finished, slots=here.cap if here.cap < here.slots else 0)

    def _piece(self, here: _Node, left: int) -> int:
        """How many of the `left` rows, at the most, to give at once. With several nodes the pieces become ever smaller
        towards the end of a job, so that all end at about the same time."""
        nodes = len(self._nodes)
        piece = left if nodes == 1 else max(here.cap, 1, -(-left // (ASSIGNMENTS_AHEAD * nodes)))
        most = self._most_rows()
        return piece if most is None else min(piece, most)

    # ------------------------------------------------------------ what became of it
    def observe(self, node: str, events: Iterable[Event]) -> None:
        """Keep track of what is in flight, and of what a node has done. One that was never given anything, or was
        given up, says nothing that counts."""
        here = self._nodes.get(node)
        if here is None:
            return
        for event in events:
            match event:
                case RequestStarted(key):
                    here.in_flight.add(key)
                    here.began = True
                case RequestRepeated():
                    here.began = True
                case RequestFinished(completion):
                    here.in_flight.discard(completion.key)
                    here.recover()
                case AssignmentFinished(shard):
                    self._release(shard, here.out.pop(shard, ()))
                case _:
                    pass

    def died(self, node: str, death: WorkerDied) -> Verdict:
        """Suspect what was in flight; say which requests this death condemns, and whether to give up the node.

        Only a request that ran alone is condemned: by a death of its own making (seen by two nodes, where there is
        another one), or by the third one that may have been anybody's (SIGKILL, SIGTERM).
        """
        here = self._node(node)
        if not here.began:
            self._give_up(node, here)
            return Verdict(fence="the worker ended before it started any request")
        here.deaths += 1
        own = death.ours or death.exit_code != 0 or death.signal in OWN_FAULT_SIGNALS
        condemned = self._suspect(node, here, own=own)
        if death.signal in MEMORY_SIGNALS and not death.ours:
            here.cap = max(1, here.cap // 2)
            here.finished_since_cap = 0
        if condemned:
            here.deaths = 0
        if here.deaths < DEATHS_IN_A_ROW:
            return Verdict(condemned)
        self._give_up(node, here)
        return Verdict(condemned, f"the worker died {here.deaths} times in a row and finished nothing")

    def retired(self, node: str) -> None:
        """The worker takes nothing more. A row that ran alone and is not done does so again."""
        here = self._node(node)
        if here.alone is not None:
            here.suspects.appendleft(here.alone)

    def left(self, node: str) -> Verdict:
        """The whole node is gone, by itself or with its network: what was in flight is suspected, as if anybody had
        killed the worker, and other nodes go on with the rest."""
        here = self._node(node)
        condemned = self._suspect(node, here, own=False)
        self._give_up(node, here)
        return Verdict(condemned)

    def _suspect(self, node: str, here: _Node, *, own: bool) -> tuple[RequestKey, ...]:
        flying = sorted(here.in_flight)
        rows = dict.fromkeys(RowKey(key.shard, key.row) for key in flying)
        alone = here.alone
        condemned: tuple[RequestKey, ...] = ()
        self._take_back(here)
        self._keep_back(rows)
        if list(rows) != [alone]:
            here.suspects.extend(rows)
            return ()
        (row,) = rows
        tried = self._died_on.setdefault(row, set())
        if own:
            tried.add(node)
        elsewhere = own and len(tried) < 2 and bool(self._untried(row))
        cause, enough = ("own", 1) if own else ("foreign", FOREIGN_DEATHS_ALONE)
        self._ledger.strike(flying, cause)
        strikes = self._ledger.strikes()
        if not elsewhere:
            condemned = tuple(key for key in flying if strikes[key][cause] >= enough)
        (self._suspects if elsewhere else here.suspects).append(row)
        return condemned

    def _take_back(self, here: _Node) -> None:
        """Rows that its worker had may go to anybody."""
        for shard, rows in here.out.items():
            self._release(shard, rows)
        here.out.clear()
        here.in_flight.clear()
        self._keep_back(here.suspects)

    def _keep_back(self, suspects: Iterable[RowKey]) -> None:
        """Nobody gets these in company."""
        for row in suspects:
            self._taken.setdefault(row.shard, set()).add(row.row)

    def _give_up(self, node: str, here: _Node) -> None:
        """Its rows and its suspects go to others."""
        self._take_back(here)
        self._suspects.extend(here.suspects)
        del self._nodes[node]

    def _release(self, shard: int, rows: Iterable[int]) -> None:
        self._full.discard(shard)
        if taken := self._taken.get(shard):
            taken.difference_update(rows)
            if not taken:
                del self._taken[shard]

    def _node(self, node: str) -> _Node:
        return self._nodes.setdefault(node, _Node())
