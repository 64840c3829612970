"""A supervised child process: spawned, framed pipes both ways, watched from its first line.

Parent side: `Child`. Child side: `Parent`, made by `python -m batch.child KIND` before anything heavy is
imported: it reads the pipe from the first line on, and the parent's end (EOF) ends the process at once,
so an orphan cannot exist. Knows nothing of what the frames say.
"""

import contextlib
import importlib
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

# Only the standard library up here: in the child these lines run before the watch on the parent is up.

KINDS = {
    "worker": "batch.worker",
    "preparer": "batch.prepare.preparer",
    "reader": "batch.reading.reader",
    "converter": "batch.source.converter",
    "header_reader": "batch.source.header_reader",
    "previewer": "batch.preview.previewer",
}
STDERR_TAIL_CHARS = 4000
FOREIGN = (-signal.SIGKILL, -signal.SIGTERM)
"""Ends that may be anybody's doing, where we did not kill."""
TRIES_FOREIGN = 3
"""So often must a child end so over the same input before that is blamed."""
EXIT_PARENT_GONE = 113
TERM_GRACE_S = 5.0

spawn = subprocess.Popen
"""How a child is started. tests/faults/zygote.py puts a fork of a warm process in its place: thousands of kills."""


def read_frame(stream: IO[bytes]) -> tuple[bytes, bytes] | None:
    """The JSON and blob of the next frame; None at the end, also where the writer died inside a frame."""
    header = _read(stream, 8)
    if header is None:
        return None
    text_bytes = int.from_bytes(header[:4], "little")
    blob_bytes = int.from_bytes(header[4:], "little")
    text = _read(stream, text_bytes)
    blob = _read(stream, blob_bytes) if blob_bytes else b""
    return None if text is None or blob is None else (text, blob)


def _read(stream: IO[bytes], length: int) -> bytes | None:
    data = stream.read(length)
    return data if len(data) == length else None


class Child:
    """The parent's handle on one child.

    Frames that arrive are kept until `receive`; nothing a dying child managed to write is lost, because
    the pipe is read to its end before `ended` turns true. `arrived` may be shared by several children:
    it is set whenever any of them has something to say.
    """

    def __init__(
        self,
        kind: str,
        *,
        arrived: threading.Event | None = None,
        pass_fds: Sequence[int] = (),
        arguments: Sequence[str] = (),
        environment: dict[str, str] | None = None,
    ) -> None:
        self.arrived = arrived or threading.Event()
        self._frames: deque[tuple[bytes, bytes]] = deque()
        self._stderr: deque[str] = deque(maxlen=200)
        self._ended = threading.Event()
        self.last_heard = time.monotonic()
        # A new session: Ctrl-C in the terminal is for the runner alone, which then drains its children.
        self._process = spawn(
            [sys.executable, "-m", "batch.child", kind, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=pass_fds,
            start_new_session=True,
            env={**os.environ, **(environment or {}), "PYTHONPATH": _python_path()},
        )
        threads = (
            threading.Thread(target=self._read_frames, name=f"{kind}-frames", daemon=True),
            threading.Thread(target=self._read_stderr, name=f"{kind}-stderr", daemon=True),
        )
        for thread in threads:
            thread.start()
        self._stderr_thread = threads[1]

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def ended(self) -> bool:
        """True once the process is gone and everything it wrote has been read into `receive`."""
        return self._ended.is_set()

    @property
    def return_code(self) -> int | None:
        """Exit status, or minus the signal's number; None while it runs."""
        return self._process.poll()

    @property
    def end(self) -> str:
        """How it ended: the signal's name, or the exit status."""
        code = self.return_code or 0
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"

    @property
    def ended_by_anybody(self) -> bool:
        """Of a signal that need not be its own fault; see FOREIGN."""
        return self.return_code in FOREIGN

    @property
    def stderr_tail(self) -> str:
        return "".join(self._stderr)[-STDERR_TAIL_CHARS:]

    def send(self, record: object) -> bool:
        """Write one frame; False where the child is gone (which `ended` will say soon)."""
        from batch.wire import encode  # pydantic: not before the child's watch is up

        stdin = self._process.stdin
        if stdin is None:
            return False
        frame = encode(record)  # what cannot be said is a bug, and no sign that the child is gone
        try:
            stdin.write(frame)
            stdin.flush()
        except (BrokenPipeError, ValueError):  # ValueError: closed by close() in another thread
            return False
        return True

    def receive(self) -> list[Any]:
        """Every record that has arrived since the last call."""
        from batch.wire import decode

        records = []
        while self._frames:
            records.append(decode(*self._frames.popleft()))
        return records

    def waiting(self) -> bool:
        """True where `receive` would return something."""
        return bool(self._frames)

    def close(self, grace_s: float = TERM_GRACE_S) -> int:
        """End the child: its pipe closed (it exits by itself), then SIGTERM, and SIGKILL last, because a
        killed process can leave wired memory behind on a Mac. Returns its exit status."""
        with contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._finish(grace_s)
        return self.kill(grace_s)

    def kill(self, grace_s: float = TERM_GRACE_S) -> int:
        """SIGTERM now, SIGKILL after `grace_s`."""
        self.signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._finish(grace_s)
        self.signal(signal.SIGKILL)
        return self._finish(None)

    def signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)

    def _finish(self, timeout_s: float | None) -> int:
        code = self._process.wait(timeout_s)
        self._ended.wait(timeout_s)
        with contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        return code

    def _read_frames(self) -> None:
        stdout = self._process.stdout
        assert stdout is not None  # opened as a pipe above
        with stdout:
            while (frame := read_frame(stdout)) is not None:
                self._frames.append(frame)
                self.last_heard = time.monotonic()
                self.arrived.set()
        self._process.wait()
        self._stderr_thread.join(timeout=1.0)  # a grandchild may hold the pipe open: do not wait for it
        self._ended.set()
        self.arrived.set()

    def _read_stderr(self) -> None:
        stderr = self._process.stderr
        assert stderr is not None  # opened as a pipe above
        with stderr:
            for line in stderr:
                self._stderr.append(line.decode("utf-8", "replace"))


class Parent:
    """The child's handle on its parent. `records` arrive in `inbox`; `send` writes a frame."""

    def __init__(self, stdin: IO[bytes], stdout: IO[bytes]) -> None:
        self.arrived = threading.Event()
        self._frames: queue.SimpleQueue[tuple[bytes, bytes]] = queue.SimpleQueue()
        self._stdin = stdin
        self._stdout = stdout
        threading.Thread(target=self._watch, name="parent-watch", daemon=True).start()

    def _watch(self) -> None:
        while (frame := read_frame(self._stdin)) is not None:
            self._frames.put(frame)
            self.arrived.set()
        os._exit(EXIT_PARENT_GONE)

    def send(self, *records: object) -> None:
        """Write frames at once; ends the process where the parent is gone."""
        from batch.wire import encode

        try:
            self._stdout.write(b"".join(map(encode, records)))
            self._stdout.flush()
        except OSError:
            os._exit(EXIT_PARENT_GONE)

    def receive(self, timeout_s: float | None = 0.0) -> Any | None:
        """The next record, or None after `timeout_s` (None: wait for ever)."""
        from batch.wire import decode

        try:
            frame = self._frames.get(timeout_s is None or timeout_s > 0, timeout_s or None)
        except queue.Empty:
            return None
        return decode(*frame)


def _python_path() -> str:
    """Where this package lies, so that a child finds it however the parent was started."""
    home = str(Path(__file__).resolve().parent.parent)
    given = os.environ.get("PYTHONPATH")
    return f"{home}{os.pathsep}{given}" if given else home


def main() -> None:
    """Entry of `python -m batch.child KIND [ARGUMENTS]`: watch the parent, then import the kind (a name of
    KINDS, or a module with a `serve`) and run it."""
    protocol_out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a library's print must not land between two frames
    parent = Parent(os.fdopen(os.dup(0), "rb"), protocol_out)
    # Ctrl-C is the runner's to handle; SIGTERM keeps its default and ends us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    kind = sys.argv[1]
    importlib.import_module(KINDS.get(kind, kind)).serve(parent, sys.argv[2:])


if __name__ == "__main__":
    main()
