"""A few previewer processes at work on a list of tasks. One that crashes or falls silent costs the row it was at."""

import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from batch.child import Child
from batch.frames.previewer import PreviewBegun, PreviewDone, PreviewJob, PreviewTask
from batch.machine.memory import footprint_bytes
from batch.report.job import ReportJob

MAX_PROCESSES = 4
START_S = 120.0
LOOK_S = 0.2
MAX_FAILED_STARTS = 3
OWN_BYTES = 512 * 1024**2  # of a process before it decodes anything
OFFLINE = {"HF_HUB_OFFLINE": "1"}  # a Hub dataset is shown as far as it is on this disk


class Previewers:
    """Processes for one report. `room`: whether there is room for another file; without it nothing new begins."""

    def __init__(
        self, job: ReportJob, folder: Path, side_px: int, tasks: Sequence[PreviewTask], room: Callable[[], bool]
    ) -> None:
        self._job = PreviewJob(job.config.model_dump_json(by_alias=True), str(folder.absolute()), side_px)
        self._limits = (job.config.prepare.timeout_s, job.config.prepare.max_memory + OWN_BYTES)
        self._notes = job.notes
        self._tasks = tasks
        self._room = room
        self._arrived = threading.Event()

    def run(self) -> Iterator[PreviewDone]:
        """Each task's end, as it comes; what crashed is in it as an error of its row."""
        count = max(1, min(MAX_PROCESSES, os.cpu_count() or 1, len(self._tasks)))
        # Neighbours go to the same process: it reads its part of a table as one stream.
        bounds = [round(len(self._tasks) * place / count) for place in range(count + 1)]
        queues = [deque(self._tasks[begin:end]) for begin, end in pairwise(bounds)]
        working = [_Previewer(self._job, queue, self._arrived, *self._limits) for queue in queues]
        try:
            while working:
                self._arrived.wait(LOOK_S)
                self._arrived.clear()
                for previewer in list(working):
                    yield from previewer.heard()
                    if previewer.failure is not None:
                        self._notes.append(f"no previews: {previewer.failure}")
                    if previewer.failure is not None or not previewer.go_on(self._room()):
                        previewer.close()
                        working.remove(previewer)
        finally:
            for previewer in working:
                previewer.close()


class _Previewer:
    """One process after the other, and the tasks it is to do."""

    def __init__(
        self,
        job: PreviewJob,
        tasks: deque[PreviewTask],
        arrived: threading.Event,
        timeout_s: float,
        most_bytes: int,
    ) -> None:
        self.failure: str | None = None
        """Why no process can be had."""
        self._job = job
        self._tasks = tasks
        self._arrived = arrived
        self._timeout_s = timeout_s
        self._most_bytes = most_bytes
        self._task: PreviewTask | None = None
        self._row: int | None = None
        self._failed_starts = 0
        self._start()

    def _start(self) -> None:
        self._child = Child("previewer", arrived=self._arrived, environment=OFFLINE)
        self._child.send(self._job)
        self._heard_at = time.monotonic()
        self._row = None
        if self._task is not None:
            self._child.send(self._task)

    def heard(self) -> Iterator[PreviewDone]:
        ended = self._child.ended  # before reading: what it said until its end is then there
        for record in self._child.receive():
            self._heard_at = time.monotonic()
            if isinstance(record, PreviewBegun):
                self._row, self._failed_starts = record.row, 0
            elif isinstance(record, PreviewDone):
                self._task = self._row = None
                yield record
        silent_s = time.monotonic() - self._heard_at
        if ended:
            self._bury()
        elif self._task is not None and (silent_s > self._patience_s or self._bloated):
            self._child.signal(signal.SIGKILL)

    @property
    def _patience_s(self) -> float:
        return START_S if self._row is None else self._timeout_s

    @property
    def _bloated(self) -> bool:
        """Linux refuses it memory by itself (RLIMIT_AS); macOS does not."""
        return footprint_bytes(self._child.pid) > self._most_bytes

    def _bury(self) -> None:
        """The row in work is passed over from now on; the rest of the task begins again."""
        self._child.close()
        if self._row is None:
            self._failed_starts += 1
            if self._failed_starts >= MAX_FAILED_STARTS:
                lines = self._child.stderr_tail.strip().splitlines() or ["it said nothing"]
                self.failure = f"the process that makes them does not start ({lines[-1]})"
                return
        elif self._task is not None:
            self._task = replace(self._task, skip=(*self._task.skip, self._row))
        self._start()

    def go_on(self, room: bool) -> bool:
        """Begin the next task where none is in work; False where there is nothing more to do."""
        if self._task is None and room and self._tasks:
            self._task = self._tasks.popleft()
            self._row = None
            self._heard_at = time.monotonic()
            self._child.send(self._task)
        return self._task is not None

    def close(self) -> None:
        self._child.close()
