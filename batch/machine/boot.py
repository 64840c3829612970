"""Which boot of the machine this is: a job that was killed by a restart knows it by that."""

import contextlib
import subprocess
import sys
from functools import cache
from pathlib import Path


@cache
def boot_id() -> str:
    """A name for this boot of the machine; it changes with every restart. Empty where none is known."""
    if sys.platform == "darwin":
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            return subprocess.run(
                ["/usr/sbin/sysctl", "-n", "kern.bootsessionuuid"],
                capture_output=True,
                text=True,
                timeout=5,
                check=True,
            ).stdout.strip()
    with contextlib.suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return ""
