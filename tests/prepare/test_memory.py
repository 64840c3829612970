"""A ceiling for a process's own memory."""

import subprocess
import sys

import pytest


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
