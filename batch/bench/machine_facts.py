"""What machine this is: said with every figure, since a figure without it means nothing."""

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

from batch.machine.memory import memory_bytes


def facts() -> dict[str, Any]:
    """Processor, cores, load, memory, system and libraries."""
    one_minute = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "load": one_minute,
        "memory_bytes": memory_bytes(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "mlx": version("mlx"),
        "mlx_vlm": version("mlx-vlm"),
    }


def processor() -> str:
    """Its name: `machdep.cpu.brand_string` on macOS ("Apple M4 Max"), /proc/cpuinfo on Linux."""
    try:
        if platform.system() == "Darwin":
            asked = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
            return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except (OSError, subprocess.CalledProcessError):
        return platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
