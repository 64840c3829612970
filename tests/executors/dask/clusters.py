"""A real Dask scheduler and real nodes as processes on loopback, and jobs on them."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from batch.ledger.status import read_status
from tests.commands import COMMAND, ROOT

# A cut connection is noticed after this. Dask itself says 30 s, and allows no less than 11.
QUICK = {"DASK_DISTRIBUTED__COMM__TIMEOUTS__TCP": "12s", "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "4s"}
START_S = 60.0


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@dataclass
class Cluster:
    """Processes in a folder of logs; all end with the `with`."""

    folder: Path
    host: str = "127.0.0.1"
    port: int = field(default_factory=free_port)
    tls: Path | None = None
    """Folder with ca.pem, node.pem and node.key."""
    environment: Mapping[str, str] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"{'tls' if self.tls else 'tcp'}://{self.host}:{self.port}"

    def tls_options(self, names: tuple[str, str, str]) -> list[str]:
        files = ("ca.pem", "node.pem", "node.key")
        return [f"{name}={self.tls / file}" for name, file in zip(names, files, strict=True)] if self.tls else []

    def start_scheduler(self, *prefix: str) -> subprocess.Popen[bytes]:
        arguments = ["--host", self.host, "--port", str(self.port), "--no-dashboard", "--no-show"]
        if self.tls:
            arguments += ["--protocol", "tls", *self.tls_options(("--tls-ca-file", "--tls-cert", "--tls-key"))]
        started = self._start(
            "scheduler", [*prefix, sys.executable, "-m", "distributed.cli.dask_scheduler", *arguments]
        )
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and started.poll() is None:
            if "Scheduler at:" in self.log("scheduler"):
                return started
            time.sleep(0.05)
        raise AssertionError(self.log("scheduler"))

    def start_node(
        self, name: str, *prefix: str, options: tuple[str, ...] = (), **environment: str
    ) -> subprocess.Popen[bytes]:
        arguments = ["node", self.address, "--name", name, *options]
        arguments += self.tls_options(("--tls-ca", "--tls-cert", "--tls-key"))
        return self._start(name, [*prefix, *COMMAND, *arguments], environment)

    def wait_for_nodes(self, count: int) -> None:
        """Until node-0 to node-(count - 1) have joined."""
        deadline = time.monotonic() + START_S * 2
        while not all("joined" in self.log(f"node-{index}") for index in range(count)):
            if time.monotonic() > deadline:
                raise AssertionError({name: self.log(name) for name in self.processes})
            time.sleep(0.05)

    def kill(self, name: str) -> None:
        self.processes[name].kill()
        self.processes[name].wait(30)

    def _start(
        self, name: str, arguments: list[str], environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                arguments,
                stdout=log,
                stderr=log,
                cwd=ROOT,
                env={**os.environ, **QUICK, **self.environment, **(environment or {})},
            )
        return self.processes[name]

    def log(self, name: str) -> str:
        path = self.folder / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def stop(self) -> None:
        for name in self.processes:
            self.kill(name)


@contextlib.contextmanager
def cluster(folder: Path, nodes: int = 0, **environment: str) -> Iterator[Cluster]:
    """A scheduler with so many nodes, named node-0 and so on."""
    folder.mkdir(exist_ok=True)
    made = Cluster(folder, environment=environment)
    try:
        made.start_scheduler()
        for index in range(nodes):
            made.start_node(f"node-{index}")
        yield made
    finally:
        made.stop()


def rows_done(folder: Path) -> int:
    return read_status(folder).counts.done if (folder / "ledger.sqlite").exists() else 0


def wait_for_rows(folder: Path, rows: int, runner: "subprocess.Popen[bytes] | None" = None) -> None:
    """Until so many rows are recorded, or the runner has ended."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and (runner is None or runner.poll() is None):
        if rows_done(folder) >= rows:
            return
        time.sleep(0.05)
    assert runner is not None or rows_done(folder) >= rows
