"""Where gemma4-batch runs, and what it says elsewhere."""

import pytest

from batch.errors import EXIT_EXPECTED, BatchError
from batch.machine.support import check_machine


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
