"""The README's transcripts are what the commands really say: figures of time may differ, words not."""

import re
from pathlib import Path

import pytest

from batch.cli import app
from tests.commands import ROOT, run_command

README = ROOT / "README.md"
LONGEST = 150
NUMBER = re.compile(r"\d+(\.\d+)?( GB| MB| kB)?")
# Progress lines come when they come; what a job takes hangs on the machine.
SOMETIMES = re.compile(r"\d+ of 48 rows, 0 failed, |memory: |time: |disk: |the engine waited ")


def transcript() -> list[tuple[str, list[str]]]:
    """(command, what it prints) of the README's first console block."""
    block = re.search(r"```console\n(.*?)```", README.read_text(), re.DOTALL)
    assert block is not None
    found: list[tuple[str, list[str]]] = []
    for line in block[1].splitlines():
        if line.startswith("$ gemma4-batch "):
            found.append((line.removeprefix("$ gemma4-batch "), []))
        else:
            found[-1][1].append(line)
    return found


def said(lines: list[str]) -> list[str]:
    """Without what no two runs have in common: times, rates, the disk."""
    kept = [line for line in lines if line and not SOMETIMES.match(line)]
    return [re.sub(r"in \d+:\d\d \(.*?\)", "in TIME", NUMBER.sub(_figure, line)) for line in kept]


def _figure(match: re.Match[str]) -> str:
    return "N" if "." in match.group() or match.group().endswith("B") else match.group()


def test_the_readme_is_short() -> None:
    assert len(README.read_text().splitlines()) < LONGEST


def test_the_readme_shows_what_its_commands_print(tmp_path: Path) -> None:
    for command, shown in transcript():
        words = command.replace("out/demo", str(tmp_path / "demo")).split()
        more = ["--set", f"output.path={tmp_path / 'demo'}"] if "configs/demo.yaml" in command else []
        done = run_command(*words, *more)
        assert done.returncode == 0, done.stderr
        printed = (done.stderr + done.stdout).replace(str(tmp_path / "demo"), "out/demo")
        assert said(printed.splitlines()) == said(shown), command


@pytest.mark.parametrize(
    "command", [command.callback.__name__ for command in app.registered_commands if command.callback]
)
def test_every_command_is_explained_on_a_page_beside_its_help(command: str) -> None:
    pages = [path for path in (ROOT / "docs").glob("*.md") if path.name not in ("commands.md", "README.md")]
    named = [path.name for path in (*pages, README) if f"gemma4-batch {command}" in path.read_text()]
    assert named != []


def test_every_page_is_in_the_list_of_pages() -> None:
    listed = (ROOT / "docs/README.md").read_text()
    assert [path.name for path in (ROOT / "docs").glob("*.md") if f"]({path.name})" not in listed] == ["README.md"]
