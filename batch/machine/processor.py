"""What the machine computes with, by name."""

import platform
import subprocess
from pathlib import Path


def processor_name() -> str:
    """`machdep.cpu.brand_string` on macOS ("Apple M4 Max"), /proc/cpuinfo on Linux; else the architecture."""
    try:
        if platform.system() == "Darwin":
            asked = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
            return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except (OSError, subprocess.CalledProcessError):
        return platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
