"""A desktop notification when a run ends, on macOS, where somebody sits in front of the terminal."""

import platform
import shutil
import subprocess
from contextlib import suppress

SCRIPT = ("on run argv", "display notification (item 2 of argv) with title (item 1 of argv)", "end run")
TIMEOUT_S = 5.0


def notify(title: str, text: str, *, terminal: bool, system: str | None = None) -> bool:
    """Show it, and say whether that was tried. Texts are arguments of the script, never part of it."""
    program = shutil.which("osascript")
    if not terminal or program is None or (system or platform.system()) != "Darwin":
        return False
    lines = [argument for line in SCRIPT for argument in ("-e", line)]
    with suppress(OSError, subprocess.TimeoutExpired):
        subprocess.run([program, *lines, title, text], capture_output=True, timeout=TIMEOUT_S, check=False)
    return True
