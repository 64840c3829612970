"""The preparer pool: rows go in, requests ready for the engine come out, ahead of the engine.

Decoders run in child processes (preparer.py), so the worst a file can do is to cost its own row: a preparer
that crashes, hangs or floods memory is replaced, its row is tried once more alone, then failed by name (where
somebody else may have killed it, twice more); the rows behind it go to others. Bounded in bytes. Knows nothing of
engines and ledgers.
"""

import os
import signal
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from batch import errors
from batch.child import Child
from batch.config.job import JobConfig
from batch.errors import BatchError, ErrorKind, WorkerError
from batch.machine.memory import footprint_bytes
from batch.prepare.arena import make_arena, take
from batch.prepare.ending import ending
from batch.prepared import Prepared
from batch.preparer_records import ArenaFree, PreparedHeader, PreparerJob, PrepareRow, PreparerReady, SegmentFound
from batch.reader_records import Row
from batch.records import RequestRepeated, RowFailed, RowPlanned, Span, WorkerFailed, WorkerJob

MAX_PROCESSES = 4
MAX_AHEAD = 256  # rows and requests held, however small they are
ROW_OVERHEAD_BYTES = 512  # what a frame adds to a row's own bytes
PIPE_BYTES = 16 * 1024  # what a pipe holds unread on every system: writing no more can never block
MEMORY_LOOK_S = 0.1
START_TIMEOUT_S = 120.0
MAX_FAILED_STARTS = 3
FOREIGN = (-signal.SIGKILL, -signal.SIGTERM)
"""Ends that may be anybody's doing, where we did not kill."""
TRIES_FOREIGN = 3

Outcome = Prepared | RequestRepeated | RowPlanned | RowFailed


@dataclass(eq=False, slots=True)
class _Task:
    """A submitted row. `skip` grows with every request that has come out; `alone`: it has cost a preparer, `foreign` of
    them perhaps by somebody else's doing; `spans`: a recording's segments as far as they are known, by request."""

    row: Row
    skip: set[int]
    alone: bool = False
    foreign: int = 0
    spans: list[Span] = field(default_factory=list)

    @property
    def size(self) -> int:
        return len(self.row.needed) + len(self.row.row_id) + 8 * len(self.skip) + ROW_OVERHEAD_BYTES

    @property
    def answerable(self) -> list[Span]:
        """The segments from the beginning on whose requests came out, or had been finished before."""
        known = (request for request in range(len(self.spans)) if request not in self.skip)
        return self.spans[: next(known, len(self.spans))]


class _Preparer:
    """The handle on one process: the rows it was given, in order. The first is the one in work."""

    def __init__(self, job: PreparerJob, arrived: threading.Event) -> None:
        self.arena = make_arena()
        self.child = Child("preparer", arrived=arrived, pass_fds=(self.arena,), arguments=(str(self.arena),))
        self.child.send(job)
        self.ready = False
        self.rows: deque[_Task] = deque()
        self.inbox: deque[Any] = deque()  # heard, not yet taken in
        self.progressed = time.monotonic()
        self.condemned: ErrorKind | None = None  # why we killed it
        self._sizes: deque[int] = deque()  # of the frames of `rows`

    def fits(self, task: _Task) -> bool:
        """Whether it may have this row now. Several rows wait in the pipe only while they cannot fill it: a hung
        process reads nothing, and the worker must not hang with it."""
        if not self.ready or self.condemned is not None:
            return False
        if not self.rows:
            return True
        # The first row has been read: it is in work, or nothing is.
        unread_bytes = sum(self._sizes) - self._sizes[0]
        return not (task.alone or self.rows[0].alone) and unread_bytes + task.size <= PIPE_BYTES

    def give(self, task: _Task) -> bool:
        """False where it is dead: it never had the row, whose fault its death is not."""
        if not self.child.send(PrepareRow(replace(task.row, kept=b""), tuple(sorted(task.skip)))):
            return False
        if not self.rows:
            self.progressed = time.monotonic()
        self.rows.append(task)
        self._sizes.append(task.size)
        return True

    def answered(self) -> _Task:
        """The first row is done."""
        self._sizes.popleft()
        return self.rows.popleft()

    def silent_s(self) -> float:
        """Seconds without progress that are its own fault: none while we hold back what it has sent."""
        return 0.0 if self.inbox or self.child.waiting() else time.monotonic() - self.progressed

    def condemn(self, kind: ErrorKind) -> None:
        """End it, whatever it does: a decoder holds nothing that needs a farewell."""
        self.condemned = self.condemned or kind
        self.child.signal(signal.SIGKILL)

    def close(self) -> None:
        """Reap it and free what we hold of it; it has ended, or is about to."""
        self.child.close()
        os.close(self.arena)

    def last_words(self) -> str:
        code = self.child.return_code or 0
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        tail = self.child.stderr_tail.strip()
        return f"{how}; {tail}" if tail else how


class PreparerPool:
    """`submit` rows while there is `room`, `poll` for what is ready, say what was `taken`.

    Per row: its Prepared as they become ready (a RequestRepeated for one that a preparer has made before), then one
    RowPlanned; or one RowFailed. (A recording that could not be heard to its end is planned as far as it was, with the
    error.)
    All calls come from one thread. `arrived` is set whenever `poll` may have something new; poll now and then
    anyway (every second or so), because that is when hanging decoders are noticed.
    """

    def __init__(self, job: WorkerJob, config: JobConfig, *, arrived: threading.Event | None = None) -> None:
        self.arrived = arrived or threading.Event()
        self._job = PreparerJob(job.config, job.model_path, job.needed_schema)
        self._config = config.prepare
        auto = max(1, min(MAX_PROCESSES, (os.cpu_count() or 2) - 1))
        self._processes = auto if config.prepare.processes == "auto" else config.prepare.processes
        self._preparers: list[_Preparer] = []
        self._waiting: deque[_Task] = deque()
        self._suspects: deque[_Task] = deque()
        self._ready: list[Outcome] = []
        self._rows = 0
        self._row_bytes = 0
        self._prepared = 0
        self._prepared_bytes = 0
        self._failed_starts = 0
        self._closing = threading.Event()
        self._start()
        threading.Thread(target=self._watch_memory, name="preparer-memory", daemon=True).start()

    @property
    def room(self) -> bool:
        """Whether another row may be submitted: one always may where nothing is held."""
        if not self._rows and not self._prepared:
            return True
        limit = self._config.max_bytes
        # Rows wait in half of the room at most: pixels are many times the size of the file they come from.
        return self._rows + self._prepared < MAX_AHEAD and self._row_bytes < limit // 2 and self.nbytes < limit

    @property
    def pending(self) -> int:
        """Rows submitted and not yet planned or failed."""
        return self._rows

    @property
    def nbytes(self) -> int:
        """Bytes of rows submitted and of requests that were not yet `taken`."""
        return self._row_bytes + self._prepared_bytes

    def submit(self, row: Row, skip: tuple[int, ...] = ()) -> None:
        """A row to prepare, without the requests in `skip`."""
        task = _Task(row, set(skip))
        self._rows += 1
        self._row_bytes += len(row.needed)
        self._waiting.append(task)

    def poll(self) -> Sequence[Outcome]:
        """What has become ready since the last call; never waits. Raises a BatchError where preparers cannot
        work at all (a broken checkpoint, a missing library)."""
        for preparer in tuple(self._preparers):
            self._hear(preparer)
            self._judge(preparer)
        self._dispatch()
        ready, self._ready = self._ready, []
        return ready

    def taken(self, prepared: Prepared) -> None:
        """The request went to the engine, or was dropped: its bytes are no longer the pool's."""
        self._prepared -= 1
        self._prepared_bytes -= prepared.nbytes

    def wait(self, timeout_s: float) -> bool:
        """Until `poll` would look at something new; False where that took longer."""
        heard = self.arrived.wait(timeout_s)
        self.arrived.clear()
        return heard

    def close(self) -> None:
        """End every preparer. What they had in work is dropped."""
        self._closing.set()
        for preparer in self._preparers:
            preparer.child.signal(signal.SIGKILL)
        for preparer in self._preparers:
            preparer.close()
        self._preparers.clear()

    # ------------------------------------------------------------ what preparers say
    def _hear(self, preparer: _Preparer, *, to_the_end: bool = False) -> None:
        try:
            preparer.inbox.extend(preparer.child.receive())
            while preparer.inbox and (to_the_end or self._may_take(preparer.inbox[0])):
                self._take(preparer, preparer.inbox.popleft())
        except BatchError:
            raise
        except Exception:  # a decoder wrote over its own memory: nothing of this process can be believed
            preparer.inbox.clear()
            preparer.condemn("decode_crash")

    def _may_take(self, record: Any) -> bool:
        """A preparer whose large request is not taken waits: that keeps us within max_bytes."""
        large = isinstance(record, PreparedHeader) and record.data is None
        return not large or not self._prepared_bytes or self.nbytes < self._config.max_bytes

    def _take(self, preparer: _Preparer, record: Any) -> None:
        preparer.progressed = time.monotonic()
        match record:
            case PreparerReady():
                preparer.ready = True
                self._failed_starts = 0
            case WorkerFailed(error, message):
                raise getattr(errors, error, WorkerError)(message)
            case PreparedHeader():
                self._expect(preparer, record.key.shard, record.key.row)
                prepared = take(record, preparer.arena)
                if record.data is None:
                    preparer.child.send(ArenaFree())
                preparer.rows[0].skip.add(record.key.request)
                self._prepared += 1
                self._prepared_bytes += prepared.nbytes
                self._ready.append(prepared)
            case SegmentFound(shard, row, request, span):
                self._expect(preparer, shard, row)
                spans = preparer.rows[0].spans
                if request == len(spans):  # else it was said by the preparer that this row has cost
                    spans.append(span)
            case RequestRepeated(key):
                self._expect(preparer, key.shard, key.row)
                preparer.rows[0].skip.add(key.request)
                self._ready.append(record)
            case RowPlanned() | RowFailed():
                self._expect(preparer, record.shard, record.row)
                self._end(preparer.answered(), record)

    def _expect(self, preparer: _Preparer, shard: int, row: int) -> None:
        current = preparer.rows[0].row
        if (current.shard, current.row) != (shard, row):
            raise ValueError(f"an answer for row {row} of shard {shard} while {current.row_id} is in work")

    def _end(self, task: _Task, outcome: RowPlanned | RowFailed) -> None:
        self._rows -= 1
        self._row_bytes -= len(task.row.needed)
        self._ready.append(outcome)

    # ------------------------------------------------------------ what they do
    def _judge(self, preparer: _Preparer) -> None:
        if preparer.child.ended:
            self._hear(preparer, to_the_end=True)
            self._bury(preparer)
        elif preparer.condemned is None:
            patience_s = self._config.timeout_s if preparer.ready else START_TIMEOUT_S
            if (preparer.rows or not preparer.ready) and preparer.silent_s() > patience_s:
                preparer.condemn("decode_timeout")

    def _bury(self, preparer: _Preparer) -> None:
        self._preparers.remove(preparer)
        preparer.close()
        kind = preparer.condemned or "decode_crash"
        if not preparer.ready:
            self._failed_starts += 1
            if self._failed_starts >= MAX_FAILED_STARTS:
                raise WorkerError(
                    f"a preparer process ends before its first row ({kind}, {preparer.last_words()}). "
                    "Check prepare.max_memory and the installation."
                )
        if preparer.rows:
            suspect = preparer.answered()
            foreign = preparer.condemned is None and preparer.child.return_code in FOREIGN
            suspect.foreign += foreign
            if suspect.alone and (not foreign or suspect.foreign >= TRIES_FOREIGN):
                message = self._verdict(kind, preparer)
                self._end(suspect, ending(suspect.row, suspect.answerable, kind, message))
            else:
                suspect.alone = True
                self._suspects.append(suspect)
        self._waiting.extendleft(reversed(preparer.rows))

    def _verdict(self, kind: ErrorKind, preparer: _Preparer) -> str:
        match kind:
            case "decode_timeout":
                return f"decoding made no progress for {self._config.timeout_s:g} s, alone too (prepare.timeout_s)"
            case "decode_memory":
                return f"decoding took over {self._config.max_memory:,} bytes, alone too (prepare.max_memory)"
        return f"the decoder's process died on this row, alone too ({preparer.last_words()})"

    def _dispatch(self) -> None:
        for preparer in self._preparers:
            # A suspect goes to a preparer that has nothing else; every death leaves one such place.
            if self._suspects and not preparer.rows and preparer.fits(self._suspects[0]):
                _give_first(self._suspects, preparer)
            while self._waiting and preparer.fits(self._waiting[0]) and _give_first(self._waiting, preparer):
                pass
        wanted = bool(self._waiting or self._suspects)
        if wanted and len(self._preparers) < self._processes and all(preparer.ready for preparer in self._preparers):
            self._start()

    def _start(self) -> None:
        self._preparers.append(_Preparer(self._job, self.arrived))

    def _watch_memory(self) -> None:
        """A thread of its own: a decoder can flood memory while the engine's thread is busy for seconds."""
        while not self._closing.wait(MEMORY_LOOK_S):
            for preparer in tuple(self._preparers):
                if footprint_bytes(preparer.child.pid) > self._config.max_memory:
                    preparer.condemn("decode_memory")


def _give_first(tasks: deque[_Task], preparer: _Preparer) -> bool:
    given = preparer.give(tasks[0])
    if given:
        tasks.popleft()
    return given
