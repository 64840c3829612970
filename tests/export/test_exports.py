"""The registry of forms, the command's `--to`, and the page about them say the same."""

from pathlib import Path

from batch.commands.export import Form
from batch.export.exports import EXPORTS
from tests.commands import run_command
from tests.finished_jobs import media_job

PAGE = Path(__file__).parent.parent.parent / "docs/exporting.md"


def test_every_form_is_a_choice_of_the_command_and_on_the_page() -> None:
    assert [form.value for form in Form] == list(EXPORTS)
    named = [line.split("|")[1] for line in PAGE.read_text().splitlines() if line.startswith("| `")][1:]
    assert [name.strip() for names in named for name in names.replace("`", "").split(",")] == list(EXPORTS)


def test_the_command_says_what_it_wrote_and_what_it_left_out(tmp_path: Path) -> None:
    folder = media_job(tmp_path / "out", tmp_path, {"a.jpg": "A dog."})
    shown = run_command("export", folder, "--to", "txt")
    assert (shown.returncode, shown.stdout, shown.stderr) == (0, f"1 rows: {folder}/export/txt\n", "")
    assert run_command("export", folder, "--to", "jsonl", "--out", "-").stdout.count('"caption": "A dog."') == 1
