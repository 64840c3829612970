"""A ceiling for this process's own address space."""

import resource
import sys
from pathlib import Path

PAGE_BYTES = resource.getpagesize()


def limit_growth(more_bytes: int) -> None:
    """Allocations fail (MemoryError) once this process's address space has grown by `more_bytes`. Linux
    only: macOS does not honour RLIMIT_AS, there the parent's watch is all."""
    if sys.platform != "linux":
        return
    now = int(Path("/proc/self/statm").read_bytes().split()[0]) * PAGE_BYTES
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    wanted = now + more_bytes
    resource.setrlimit(resource.RLIMIT_AS, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))
