"""How much memory the machine has, and what a process holds of it."""

import subprocess
import sys
from pathlib import Path

import pytest

from batch.errors import BatchError
from batch.machine.memory import _control_group_bytes, _meminfo_bytes, footprint_bytes, memory_bytes

MIB = 1024**2


def test_memory_that_a_process_fills_is_seen_from_outside() -> None:
    code = "x = bytearray(b'1') * (64 * 2**20); print(flush=True); input()"
    child = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    assert 64 * MIB < footprint_bytes(child.pid) < 128 * MIB
    child.communicate(b"\n")
    assert footprint_bytes(child.pid) == 0


def test_linux_says_its_memory_in_kib() -> None:
    assert _meminfo_bytes("MemTotal:       16303888 kB\nMemFree:  1 kB\n") == 16303888 * 1024
    with pytest.raises(ValueError, match="unknown"):
        _meminfo_bytes("")


def test_a_containers_limit_counts(tmp_path: Path) -> None:
    limit = tmp_path / "memory.max"
    assert _control_group_bytes(limit) is None
    limit.write_text("max\n")
    assert _control_group_bytes(limit) is None
    limit.write_text("8589934592\n")
    assert _control_group_bytes(limit) == 8 * 1024**3


def test_macos_is_asked_by_sysctl(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def run(command: list[str], **how: object) -> subprocess.CompletedProcess[str]:
        asked.append(command)
        return subprocess.CompletedProcess(command, 0, "17179869184\n", "")

    monkeypatch.setattr("platform.system", lambda: "Darwin")
    monkeypatch.setattr("subprocess.run", run)
    assert memory_bytes() == 16 * 1024**3
    assert asked == [["/usr/sbin/sysctl", "-n", "hw.memsize"]]


def test_memory_that_cannot_be_read_names_the_key_that_says_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(command: list[str], **how: object) -> None:
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr("platform.system", lambda: "Darwin")
    monkeypatch.setattr("subprocess.run", run)
    with pytest.raises(BatchError, match=r"memory cannot be read: .*; set engine\.memory, such as 12GiB"):
        memory_bytes()


def test_this_machine_has_memory() -> None:
    assert memory_bytes() > 2**29
