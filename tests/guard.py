"""What a test may not do: reach the network, or write outside its temporary folder.

An audit hook sees every socket and file that Python code opens, also inside libraries, and refuses the
call with `Forbidden`. Refusals are remembered too, because code under test may catch the exception: a
test with a refusal fails whatever became of it. Not seen: what C++ code writes by itself (Arrow's own
file system), and child processes; for those, `offline_environment` leaves nowhere to go.
"""

import ipaddress
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# Where in an event's arguments the paths are that it changes.
CHANGES = {"os.mkdir": (0,), "os.remove": (0,), "os.rmdir": (0,), "os.rename": (0, 1), "os.link": (1,),
           "os.symlink": (1,), "os.chmod": (0,), "shutil.rmtree": (0,)}  # fmt: skip
CLOSED_PORT = "http://127.0.0.1:9"


class Forbidden(RuntimeError):
    """A test tried something that its markers do not allow."""


class Guard:
    """The rules for the test that runs now. Does nothing between tests."""

    def __init__(self) -> None:
        self.active = False
        self.loopback = False
        self.anywhere = False
        self.writable: tuple[Path, ...] = ()
        self.refusals: list[str] = []

    @contextmanager
    def watch(self, *, loopback: bool, anywhere: bool) -> Iterator[None]:
        """Hold one test to the rules. `loopback`: it may use local sockets; `anywhere`: it may write anywhere."""
        self.loopback, self.anywhere, self.active = loopback, anywhere, True
        self.refusals.clear()
        try:
            yield
        finally:
            self.active = False
        if self.refusals:
            raise Forbidden("; ".join(self.refusals))

    def install(self) -> None:
        sys.addaudithook(self._hook)

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.active:
            return
        refusal = self.refusal(event, arguments)
        if refusal is not None:
            self.refusals.append(refusal)
            raise Forbidden(refusal)

    def refusal(self, event: str, arguments: tuple[Any, ...]) -> str | None:
        """Why this event is not allowed, or None."""
        if event in ("socket.connect", "socket.bind", "socket.sendto"):
            return self._refuse_address(arguments[1])
        if event == "socket.getaddrinfo":
            return self._refuse_address(arguments[:2])
        if self.anywhere:
            return None
        if event == "open":
            path, _, flags = arguments
            return self._refuse_path(path) if flags & WRITING else None
        if event == "sqlite3.connect":
            name = os.fspath(arguments[0])
            return None if name == ":memory:" or "mode=ro" in name else self._refuse_path(name.removeprefix("file:"))
        if event in CHANGES and arguments[-1] in (-1, None):  # otherwise relative to an open, hence allowed, folder
            return next(filter(None, (self._refuse_path(arguments[at]) for at in CHANGES[event])), None)
        return None

    def _refuse_address(self, address: Any) -> str | None:
        if not isinstance(address, tuple):  # a Unix socket, which stays on this machine
            return None
        host = address[0] or "localhost"
        if self.loopback and is_loopback(host.decode() if isinstance(host, bytes) else host):
            return None
        wanted = "only loopback is allowed" if self.loopback else "mark the test `network` if loopback is meant"
        return f"a test reached for the network at {host!r}: {wanted}"

    def _refuse_path(self, path: Any) -> str | None:
        if isinstance(path, int):  # a descriptor somebody was allowed to open
            return None
        where = Path(os.path.abspath(os.fsdecode(path)))  # noqa: PTH100 - resolve() would read the disk and recurse
        allowed = where.parts[:2] == ("/", "dev") or "__pycache__" in where.parts
        if allowed or any(where.is_relative_to(root) for root in self.writable):
            return None
        return f"a test wrote outside its temporary folder: {where} (use tmp_path, or mark the test `anywhere`)"


def is_loopback(host: str) -> bool:
    """True for names and addresses that never leave this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def offline_environment(folder: Path) -> dict[str, str]:
    """Caches in `folder`, and a Hub that refuses connections: for child processes, which no hook watches."""
    folder.mkdir(parents=True, exist_ok=True)
    return {
        "HF_HOME": str(folder / "huggingface"),
        "HF_ENDPOINT": CLOSED_PORT,
        "XDG_CACHE_HOME": str(folder / "cache"),
        "HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "hypothesis"),
    }


def temporary_roots(*folders: Path) -> tuple[Path, ...]:
    """The folders as given and resolved (macOS: /var is a link to /private/var)."""
    return tuple(dict.fromkeys(path for folder in folders for path in (folder, folder.resolve())))


def fresh_folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="gemma4-batch-tests-"))
