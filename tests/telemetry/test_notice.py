"""The notification at the end: macOS only, with a terminal only, and a folder's name is never part of the script."""

import json
import sys
from pathlib import Path

import pytest

from batch.telemetry.notice import notify


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a stand-in for osascript writes what it was given."""
    script, found = tmp_path / "bin/osascript", tmp_path / "arguments.json"
    script.parent.mkdir()
    script.write_text(f"#!{sys.executable}\nimport json, sys\njson.dump(sys.argv[1:], open({str(found)!r}, 'w'))\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(script.parent))
    return found


def test_texts_are_arguments_of_the_script(told: Path) -> None:
    title = 'out/" & (do shell script "touch /tmp/x") & "'
    assert notify(title, "complete", terminal=True, system="Darwin")
    arguments = json.loads(told.read_text())
    assert arguments[-2:] == [title, "complete"]
    assert arguments[1:6:2] == ["on run argv", "display notification (item 2 of argv) with title (item 1 of argv)",
                                "end run"]  # fmt: skip


@pytest.mark.parametrize(("terminal", "system"), [(False, "Darwin"), (True, "Linux")])
def test_nothing_is_shown_without_a_terminal_or_elsewhere(told: Path, terminal: bool, system: str) -> None:
    assert not notify("out", "complete", terminal=terminal, system=system)
    assert not told.exists()


def test_a_mac_without_osascript_is_no_trouble(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not notify("out", "complete", terminal=True, system="Darwin")
