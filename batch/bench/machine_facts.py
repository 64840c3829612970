"""What machine this is: said with every figure, since a figure without it means nothing."""

import os
import platform
from importlib.metadata import version
from typing import Any

from batch.machine.memory import memory_bytes
from batch.machine.processor import processor_name


def facts() -> dict[str, Any]:
    """Processor, cores, load, memory, system and libraries."""
    one_minute = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {
        "processor": processor_name(),
        "cores": os.cpu_count(),
        "load": one_minute,
        "memory_bytes": memory_bytes(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "mlx": version("mlx"),
        "mlx_vlm": version("mlx-vlm"),
    }
