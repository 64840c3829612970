"""Whether this machine can run MLX at all, and how much memory it has. Asked before any model work, so that the
answer is a sentence."""

import platform
import subprocess
from pathlib import Path

from batch.errors import BatchError


def check_machine(system: str | None = None, processor: str | None = None, *, rosetta: bool | None = None) -> None:
    """Refuse where MLX has no wheels, with the reason. The arguments default to this machine's own values.

    Raises BatchError on an Intel Mac, for an Intel Python on an Apple silicon Mac (under Rosetta), and
    on any system that is neither macOS nor Linux.
    """
    system = system or platform.system()
    processor = processor or platform.machine()
    if system not in ("Darwin", "Linux"):
        raise BatchError(f"gemma4-batch runs on macOS (Apple silicon) and Linux; this is {system!r}. Use one of those.")
    if system == "Linux" or processor == "arm64":
        return
    if _under_rosetta() if rosetta is None else rosetta:
        raise BatchError(
            f"this Python is an Intel build ({processor}) that macOS translates with Rosetta, and MLX has no Intel "
            "version. Make the environment again with an arm64 Python: `uv venv --python 3.12`, or the installer "
            "from python.org; in Terminal's Get Info window, 'Open using Rosetta' must be off."
        )
    raise BatchError(
        f"this Mac has an Intel processor ({processor}); MLX, which runs the model, needs Apple silicon (M1 or later). "
        "Use an Apple silicon Mac, or Linux, where MLX runs on the CPU."
    )


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


def _under_rosetta() -> bool:
    """Whether the kernel translates this process. The key does not exist on an Intel Mac."""
    command = ["/usr/sbin/sysctl", "-in", "sysctl.proc_translated"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return False
    return answer.stdout.strip() == "1"
