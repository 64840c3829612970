"""Runs the command, its worker and its preparers as forks of one warm process: a life costs milliseconds, not seconds.

`Zygote` is the handle. `python -m tests.faults.zygote SOCKET MODULE...` is the process: it imports the given modules
once, then forks on request and says how each fork ended. It never starts a thread of its own, so a fork is as good as
a fresh start; the forks run `batch.cli.main` and `batch.child.main`, with real pipes, a real ledger and real kills.
What is not tried this way, kills while a process imports its libraries, tests/faults/test_kills.py tries.
"""

import contextlib
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, NoReturn

from batch import child, killpoint

FAKE = ("batch.cli", "batch.runner", "batch.executors.local", "batch.worker", "batch.prepare.preparer", "batch.wire",
        "batch.reading.reader", "batch.source.header_reader",
        "batch.terminal.progress", "batch.terminal.summary", "batch.gemma.registry", "pyarrow.parquet", "pandas",
        )  # fmt: skip
MLX = (*FAKE, "batch.gemma.mlx_engine", "batch.gemma.processor")
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
SOCKET = "GEMMA4_BATCH_TEST_ZYGOTE"
PEER = struct.Struct("3i")  # pid, uid, gid (unix(7), SO_PEERCRED)
MAX_FDS = 16
FIRST_SPARE_FD = 200
FORKABLE_THREADS = ("jemalloc_bg_thd",)  # jemalloc knows how to be forked


class Process:
    """One fork, seen from outside: what `subprocess.Popen` would be, as far as anybody needs it."""

    def __init__(self, place: str, request: Mapping[str, Any], descriptors: Sequence[int]) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.connect(place)
            socket.send_fds(connection, [json.dumps(request).encode() + b"\n"], list(descriptors))
            answer, (self._status,), _, _ = socket.recv_fds(connection, 64, 1)
        self.pid = int(answer)
        self.returncode: int | None = None
        self._lock = threading.Lock()  # a Child's reader waits for it too

    def poll(self) -> int | None:
        return self._wait(0.0)

    def wait(self, timeout: float | None = None) -> int:
        code = self._wait(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(f"fork {self.pid}", timeout or 0.0)
        return code

    def _wait(self, timeout_s: float | None) -> int | None:
        if self.returncode is None and select.select([self._status], [], [], timeout_s)[0]:
            with self._lock:
                if self.returncode is None:
                    self.returncode = int(os.read(self._status, 16))
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def __del__(self) -> None:
        os.close(self._status)  # not before: another thread may be waiting at it


class ForkedChild(Process):
    """In place of `batch.child.spawn`: a worker or preparer with its three pipes."""

    stdin: IO[bytes]
    stdout: IO[bytes]
    stderr: IO[bytes]

    def __init__(self, command: Sequence[str], *, pass_fds: Sequence[int], env: Mapping[str, str], **_: Any) -> None:
        (in_, own_in), (own_out, out), (own_err, err) = os.pipe(), os.pipe(), os.pipe()
        request = {"child": list(command[3:]), "env": dict(env), "places": [0, 1, 2, *pass_fds]}
        super().__init__(env[SOCKET], request, [in_, out, err, *pass_fds])
        for descriptor in (in_, out, err):
            os.close(descriptor)
        self.stdin, self.stdout, self.stderr = (
            os.fdopen(own_in, "wb"),
            os.fdopen(own_out, "rb"),
            os.fdopen(own_err, "rb"),
        )


class Zygote:
    """The warm process. A context manager; `start` begins one life of the command."""

    def __init__(self, place: Path, modules: Sequence[str] = FAKE) -> None:
        self._place = str(place)
        command = [sys.executable, "-m", "tests.faults.zygote", self._place, *modules]
        self._process = subprocess.Popen(command, env={**os.environ, **ENVIRONMENT}, stdin=subprocess.PIPE)
        deadline = time.monotonic() + 120
        while not place.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the zygote did not start")
            time.sleep(0.01)

    def start(self, *arguments: str | Path, log: Path, **environment: str) -> Process:
        """`gemma4-batch ARGUMENTS`; what it prints is appended to `log`."""
        env = {**os.environ, **ENVIRONMENT, SOCKET: self._place, **environment}
        with log.open("ab") as output, Path(os.devnull).open("rb") as nothing:
            request = {"command": list(map(str, arguments)), "env": env, "places": [0, 1, 2]}
            return Process(self._place, request, [nothing.fileno(), output.fileno(), output.fileno()])

    def run(self, *arguments: str | Path, log: Path, **environment: str) -> int:
        return self.start(*arguments, log=log, **environment).wait(300)

    def children_of(self, pid: int) -> list[int]:
        """Forks that live and were asked for by process `pid`: a runner's worker, a worker's preparers."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.connect(self._place)
            connection.sendall(json.dumps({"children_of": pid}).encode() + b"\n")
            return list(map(int, json.loads(connection.recv(65536))))

    def __enter__(self) -> "Zygote":
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()  # which ends it
        self._process.wait(30)


# ---------------------------------------------------------------- the process itself
class _Server:
    def __init__(self, place: str) -> None:
        self._status: dict[int, int] = {}  # pid -> where its end is told
        self._asked_by: dict[int, int] = {}  # pid -> who wanted it
        self._wake, wakeup = os.pipe()
        os.set_blocking(wakeup, False)
        os.set_blocking(self._wake, False)
        signal.set_wakeup_fd(wakeup, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(place + ".new")
        self._listener.listen(64)
        Path(place + ".new").rename(place)

    def serve(self) -> None:
        """Until standard input ends."""
        while True:
            ready, _, _ = select.select([self._listener, self._wake, 0], [], [])
            if self._wake in ready:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._wake, 4096)
                self._reap()
            if self._listener in ready:
                self._answer(self._listener.accept()[0])
            if 0 in ready:
                return

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            told = self._status.pop(pid)
            del self._asked_by[pid]
            with contextlib.suppress(BrokenPipeError):
                os.write(told, str(os.waitstatus_to_exitcode(status)).encode())
            os.close(told)

    def _answer(self, connection: socket.socket) -> None:
        text, descriptors = b"", []
        while not text.endswith(b"\n"):
            more, some, _, _ = socket.recv_fds(connection, 1 << 20, MAX_FDS)
            if not more:  # it was killed while it asked
                for descriptor in descriptors:
                    os.close(descriptor)
                connection.close()
                return
            text, descriptors = text + more, [*descriptors, *some]
        request = json.loads(text)
        if "children_of" in request:
            wanted = [pid for pid, asked_by in self._asked_by.items() if asked_by == request["children_of"]]
            connection.sendall(json.dumps(wanted).encode())
            connection.close()
            return
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            _become(request, descriptors)
        self._status[pid] = writing
        self._asked_by[pid] = PEER.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, PEER.size))[0]
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            socket.send_fds(connection, [str(pid).encode()], [reading])
        connection.close()
        for descriptor in (reading, *descriptors):
            os.close(descriptor)


def _become(request: dict[str, Any], descriptors: Sequence[int]) -> NoReturn:
    """The fork: its descriptors where they belong and no others, its own session and environment, then its work."""
    import fcntl

    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    spare = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, FIRST_SPARE_FD) for descriptor in descriptors]
    os.closerange(3, FIRST_SPARE_FD)
    for descriptor, place in zip(spare, request["places"], strict=True):
        os.dup2(descriptor, place, inheritable=True)
    os.closerange(FIRST_SPARE_FD, FIRST_SPARE_FD + 2 * MAX_FDS)
    os.setsid()
    os.environ.clear()
    os.environ.update(request["env"])
    child.spawn = ForkedChild  # type: ignore[assignment, misc]  # as far as Child uses one
    killpoint.reached = killpoint.armed(os.environ.get(killpoint.VARIABLE))
    code = 1
    try:
        if "command" in request:
            from batch import cli

            sys.argv = ["gemma4-batch", *request["command"]]
            cli.main()
        else:
            sys.argv = ["batch.child", *request["child"]]
            child.main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    import importlib

    place, *modules = sys.argv[1:]
    for module in modules:
        importlib.import_module(module)
    if sys.platform == "linux":
        others = [task for task in Path("/proc/self/task").iterdir() if task.name != str(os.getpid())]
        threads = [(task / "comm").read_text().strip() for task in others]
        if set(threads) - set(FORKABLE_THREADS):
            sys.exit(f"a process with threads cannot be forked: {threads}")
    warnings.filterwarnings("ignore", ".*multi-threaded", DeprecationWarning)  # Python 3.12 counts those threads too
    _Server(place).serve()


if __name__ == "__main__":
    main()
