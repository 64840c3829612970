"""The preparer pool: rows go in, requests ready for the engine come out, ahead of the engine.

Decoders run in child processes (preparer.py), which process.py holds, so the worst a file can do is to cost its own
row: a preparer that crashes, hangs or floods memory is replaced, its row is tried once more alone, then failed by name
(where somebody else may have killed it, twice more); the rows behind it go to others. Bounded in bytes. Knows nothing
of engines and ledgers.
"""

import os
import signal
import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import Any

from batch import errors
from batch.child import TRIES_FOREIGN
from batch.config.job import JobConfig
from batch.errors import BatchError, ErrorKind, WorkerError
from batch.frames.preparer import ArenaFree, PreparedHeader, PreparerJob, PreparerReady, SegmentFound
from batch.frames.reader import Row
from batch.machine.memory import footprint_bytes
from batch.prepare.arena import take
from batch.prepare.ending import ending
from batch.prepare.process import PreparerProcess, RowTask
from batch.prepared import Prepared
from batch.records import RequestRepeated, RowFailed, RowPlanned, WorkerFailed, WorkerJob

MAX_PROCESSES = 4
MAX_AHEAD = 256  # rows and requests held, however small they are
MEMORY_LOOK_S = 0.1
START_TIMEOUT_S = 120.0
MAX_FAILED_STARTS = 3

Outcome = Prepared | RequestRepeated | RowPlanned | RowFailed


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
        self._preparers: list[PreparerProcess] = []
        self._waiting: deque[RowTask] = deque()
        self._suspects: deque[RowTask] = deque()
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
        task = RowTask(row, set(skip))
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
    def _hear(self, preparer: PreparerProcess, *, to_the_end: bool = False) -> None:
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

    def _take(self, preparer: PreparerProcess, record: Any) -> None:
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

    def _expect(self, preparer: PreparerProcess, shard: int, row: int) -> None:
        current = preparer.rows[0].row
        if (current.shard, current.row) != (shard, row):
            raise ValueError(f"an answer for row {row} of shard {shard} while {current.row_id} is in work")

    def _end(self, task: RowTask, outcome: RowPlanned | RowFailed) -> None:
        self._rows -= 1
        self._row_bytes -= len(task.row.needed)
        self._ready.append(outcome)

    # ------------------------------------------------------------ what they do
    def _judge(self, preparer: PreparerProcess) -> None:
        if preparer.child.ended:
            self._hear(preparer, to_the_end=True)
            self._bury(preparer)
        elif preparer.condemned is None:
            patience_s = self._config.timeout_s if preparer.ready else START_TIMEOUT_S
            if (preparer.rows or not preparer.ready) and preparer.silent_s() > patience_s:
                preparer.condemn("decode_timeout")

    def _bury(self, preparer: PreparerProcess) -> None:
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
            foreign = preparer.condemned is None and preparer.child.ended_by_anybody
            suspect.foreign += foreign
            if suspect.alone and (not foreign or suspect.foreign >= TRIES_FOREIGN):
                message = self._verdict(kind, preparer)
                self._end(suspect, ending(suspect.row, suspect.answerable, kind, message))
            else:
                suspect.alone = True
                self._suspects.append(suspect)
        self._waiting.extendleft(reversed(preparer.rows))

    def _verdict(self, kind: ErrorKind, preparer: PreparerProcess) -> str:
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
        self._preparers.append(PreparerProcess(self._job, self.arrived))

    def _watch_memory(self) -> None:
        """A thread of its own: a decoder can flood memory while the engine's thread is busy for seconds."""
        while not self._closing.wait(MEMORY_LOOK_S):
            for preparer in tuple(self._preparers):
                if footprint_bytes(preparer.child.pid) > self._config.max_memory:
                    preparer.condemn("decode_memory")


def _give_first(tasks: deque[RowTask], preparer: PreparerProcess) -> bool:
    given = preparer.give(tasks[0])
    if given:
        tasks.popleft()
    return given
