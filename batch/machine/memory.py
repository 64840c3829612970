"""How much memory this machine has, and how much a process holds of it."""

import ctypes
import platform
import resource
import subprocess
import sys
from functools import cache
from pathlib import Path

from batch.errors import BatchError

# Of the memory, for the model; the rest is the system's, the runner's and the preparers'. Metal recommends two thirds
# (small machines) to three quarters (large ones) as the most to hold, and slows down beyond, it does not refuse.
USABLE = 0.75
PAGE_BYTES = resource.getpagesize()
_FOOTPRINT_OFFSET = 16 + 7 * 8  # of ri_phys_footprint in struct rusage_info_v0 (sys/resource.h)
_RUSAGE_INFO_BYTES = 16 + 10 * 8


def memory_bytes() -> int:
    """The machine's memory: on macOS `hw.memsize` (sysctl(3)), which processor and GPU share; on Linux MemTotal of
    /proc/meminfo (proc(5), in KiB), or less where a container's control group allows less.

    Raises BatchError where neither can be read.
    """
    try:
        if platform.system() == "Darwin":
            asked = subprocess.run(["/usr/sbin/sysctl", "-n", "hw.memsize"], capture_output=True, text=True, check=True)
            return int(asked.stdout)
        total = _meminfo_bytes(Path("/proc/meminfo").read_text(encoding="ascii"))
    except (OSError, ValueError, subprocess.CalledProcessError) as exc:
        raise BatchError(f"this machine's memory cannot be read: {exc}; set engine.memory, such as 12GiB") from exc
    allowed = _control_group_bytes(Path("/sys/fs/cgroup/memory.max"))
    return min(total, allowed) if allowed is not None else total


def _meminfo_bytes(text: str) -> int:
    fields = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    return int(fields.get("MemTotal", "unknown").split()[0]) * 1024


def _control_group_bytes(path: Path) -> int | None:
    """The limit of cgroup v2; None where there is none ("max", or no such file)."""
    try:
        text = path.read_text(encoding="ascii").strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None


def footprint_bytes(pid: int) -> int:
    """What a process holds: on macOS its physical footprint (Metal's buffers included), which is what macOS kills by;
    on Linux its resident memory. 0 where the process is gone, or the system does not tell."""
    if sys.platform == "darwin":
        info = ctypes.create_string_buffer(_RUSAGE_INFO_BYTES)
        if _libproc().proc_pid_rusage(pid, 0, info) != 0:
            return 0
        return int.from_bytes(info.raw[_FOOTPRINT_OFFSET : _FOOTPRINT_OFFSET + 8], sys.byteorder)
    try:
        return int(Path(f"/proc/{pid}/statm").read_bytes().split()[1]) * PAGE_BYTES
    except (OSError, IndexError):
        return 0


def private_bytes(pid: int) -> int:
    """The same without what is merely mapped from files, which the system takes back when it needs it."""
    if sys.platform == "darwin":
        return footprint_bytes(pid)  # counts no clean mapped pages
    try:
        resident, shared = Path(f"/proc/{pid}/statm").read_bytes().split()[1:3]
    except (OSError, ValueError):
        return 0
    return (int(resident) - int(shared)) * PAGE_BYTES


@cache
def _libproc() -> ctypes.CDLL:
    return ctypes.CDLL("/usr/lib/libproc.dylib")
