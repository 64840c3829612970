"""Machines of their own as far as the network goes: Linux network namespaces, joined to this one by wires to cut."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Wire:
    """One namespace and the wire to it."""

    number: int

    @property
    def name(self) -> str:
        return f"g4b{os.getpid() % 10000}n{self.number}"

    @property
    def network(self) -> str:
        """The first three numbers of its addresses: others, if possible, than what a killed run has left behind."""
        return f"10.{200 + os.getpid() % 50}.{self.number}"

    @property
    def hub(self) -> str:
        """This side of the first wire: where everybody reaches the scheduler."""
        return f"{Wire(0).network}.1"

    @property
    def prefix(self) -> tuple[str, ...]:
        """What starts a command inside."""
        return ("ip", "netns", "exec", self.name)

    def make(self) -> None:
        here, there = f"{self.network}.1", f"{self.network}.2"
        _ip("netns", "add", self.name)
        _ip("link", "add", self.name, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        _ip("addr", "add", f"{here}/24", "dev", self.name)
        _ip("link", "set", self.name, "up")
        for words in (("addr", "add", f"{there}/24", "dev", "eth0"), ("link", "set", "eth0", "up"),
                      ("link", "set", "lo", "up"), ("route", "add", "default", "via", here)):  # fmt: skip
            _ip("-n", self.name, *words)

    def cut(self) -> None:
        """From the far side, so that this side's addresses and routes stay."""
        _ip("-n", self.name, "link", "set", "eth0", "down")

    def heal(self) -> None:
        _ip("-n", self.name, "link", "set", "eth0", "up")
        _ip("-n", self.name, "route", "replace", "default", "via", f"{self.network}.1")

    def remove(self) -> None:
        with contextlib.suppress(subprocess.CalledProcessError):
            _ip("netns", "del", self.name)


def can_make_namespaces() -> bool:
    """Root may not, in some containers: one is made to see."""
    if os.name != "posix" or os.geteuid() != 0 or shutil.which("ip") is None or not Path("/proc/self/ns").is_dir():
        return False
    trial = Wire(250)
    try:
        trial.make()
    except subprocess.CalledProcessError:
        return False
    finally:
        trial.remove()
    return True


@contextlib.contextmanager
def namespaces(count: int) -> Iterator[list[Wire]]:
    wires = [Wire(number) for number in range(count)]
    try:
        for wire in wires:
            wire.make()
        yield wires
    finally:
        for wire in wires:
            wire.remove()


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)
