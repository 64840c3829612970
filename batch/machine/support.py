"""Whether this machine can run MLX at all. Asked before any model work, so that the answer is a sentence."""

import platform
import subprocess

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


def _under_rosetta() -> bool:
    """Whether the kernel translates this process. The key does not exist on an Intel Mac."""
    command = ["/usr/sbin/sysctl", "-in", "sysctl.proc_translated"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return False
    return answer.stdout.strip() == "1"
