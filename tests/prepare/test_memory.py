"""Reading another process's memory, and a ceiling for one's own."""

import subprocess
import sys

import pytest

from batch.prepare.memory import resident_bytes

MIB = 1024**2


def test_memory_that_a_process_fills_is_seen_from_outside() -> None:
    code = "x = bytearray(b'1') * (64 * 2**20); print(flush=True); input()"
    child = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    assert 64 * MIB < resident_bytes(child.pid) < 128 * MIB
    child.communicate(b"\n")
    assert resident_bytes(child.pid) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="macOS does not honour RLIMIT_AS")
def test_growth_beyond_the_limit_is_a_memory_error() -> None:
    code = (
        "from batch.prepare.memory import limit_growth\n"
        "limit_growth(64 * 2**20)\n"
        "kept = bytearray(32 * 2**20)\n"
        "try: bytearray(64 * 2**20)\n"
        "except MemoryError: print('refused')\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "refused\n"
