"""How much memory another process holds right now, and a ceiling for this one's own address space."""

import ctypes
import resource
import sys
from functools import cache
from pathlib import Path

PAGE_BYTES = resource.getpagesize()
_FOOTPRINT_OFFSET = 16 + 7 * 8  # of ri_phys_footprint in struct rusage_info_v0 (sys/resource.h)
_RUSAGE_INFO_BYTES = 16 + 10 * 8


def resident_bytes(pid: int) -> int:
    """Resident memory of a process; on macOS its physical footprint, which is what macOS kills by.
    0 where the process is gone, or the system does not tell."""
    if sys.platform == "darwin":
        info = ctypes.create_string_buffer(_RUSAGE_INFO_BYTES)
        if _libproc().proc_pid_rusage(pid, 0, info) != 0:
            return 0
        return int.from_bytes(info.raw[_FOOTPRINT_OFFSET : _FOOTPRINT_OFFSET + 8], sys.byteorder)
    try:
        return int(Path(f"/proc/{pid}/statm").read_bytes().split()[1]) * PAGE_BYTES
    except (OSError, IndexError):
        return 0


@cache
def _libproc() -> ctypes.CDLL:
    return ctypes.CDLL("/usr/lib/libproc.dylib")


def limit_growth(more_bytes: int) -> None:
    """Allocations fail (MemoryError) once this process's address space has grown by `more_bytes`. Linux
    only: macOS does not honour RLIMIT_AS, there the parent's watch is all."""
    if sys.platform != "linux":
        return
    now = int(Path("/proc/self/statm").read_bytes().split()[0]) * PAGE_BYTES
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    wanted = now + more_bytes
    resource.setrlimit(resource.RLIMIT_AS, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))
