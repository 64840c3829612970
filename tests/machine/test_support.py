"""Where gemma4-batch runs, and what it says elsewhere."""

import subprocess
from pathlib import Path

import pytest

from batch.errors import EXIT_EXPECTED, BatchError
from batch.machine import _control_group_bytes, _meminfo_bytes, check_machine, memory_bytes


@pytest.mark.parametrize(("system", "processor"), [("Darwin", "arm64"), ("Linux", "x86_64"), ("Linux", "aarch64")])
def test_apple_silicon_and_linux_are_accepted(system: str, processor: str) -> None:
    check_machine(system, processor)


def test_the_machine_of_this_test_is_accepted() -> None:
    check_machine()


def test_an_intel_python_under_rosetta_is_refused_with_the_way_out() -> None:
    with pytest.raises(BatchError, match=r"Intel build \(x86_64\).*Rosetta.*uv venv --python 3\.12") as refusal:
        check_machine("Darwin", "x86_64", rosetta=True)
    assert refusal.value.exit_code == EXIT_EXPECTED


def test_an_intel_mac_is_refused_with_the_reason() -> None:
    with pytest.raises(BatchError, match=r"Intel processor \(x86_64\).*needs Apple silicon"):
        check_machine("Darwin", "x86_64", rosetta=False)


def test_another_system_is_refused_by_name() -> None:
    with pytest.raises(BatchError, match="this is 'Windows'"):
        check_machine("Windows", "AMD64")


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
