"""The most memory a process ever held, asked by the process itself.

Not by its parent: on Linux `ru_maxrss` of a child begins with what its parent held when it was forked.
"""

import resource
import sys
from pathlib import Path


def peak_bytes() -> int:
    """Of this process, since its program was loaded."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
