"""The command line itself: help, exit codes, and messages without tracebacks."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.commands import COMMAND, run_command, text_table, write_config

COMMANDS = (
    "init",
    "plan",
    "run",
    "status",
    "report",
    "export",
    "search",
    "compare",
    "verify",
    "repair",
    "merge",
    "node",
    "validate",
    "schema",
    "inspect",
    "convert",
    "bench",
    "models",
)


def test_every_command_is_listed_and_has_help() -> None:
    listed = run_command("--help").stdout
    for command in COMMANDS:
        assert f"  {command} " in listed
        shown = run_command(command, "--help")
        assert shown.returncode == 0
        assert len(shown.stdout.splitlines()) > 4
    words = [line.split()[0] for line in listed.partition("Commands:")[2].splitlines() if line.startswith("  ")]
    assert [word for word in words if word.islower() and word in {*COMMANDS}] == list(COMMANDS)


def test_the_version_is_the_packages() -> None:
    from batch import __version__

    assert run_command("--version").stdout == f"gemma4-batch {__version__}\n"


def test_schema_prints_the_json_schema_that_is_shipped() -> None:
    shown = json.loads(run_command("schema").stdout)
    assert shown == json.loads((Path(__file__).parent.parent / "configs" / "schema.json").read_text())


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["run"], 2, "CONFIG"),
        (["run", "nowhere.yaml"], 2, "nowhere.yaml"),
        (["run", "configs/demo.yaml", "--set", "sampling.temprature=1"], 2, "sampling.temperature"),
        (["run", "configs/demo.yaml", "--executor", "dask=tcp://studio.local:8786"], 2, "--insecure"),
        (["run", "configs/demo.yaml", "--executor", "dask=studio.local"], 2, "tls://"),
        (["run", "configs/demo.yaml", "--executor", "dask=local:none"], 2, "dask=local:2"),
        (["node", "tcp://studio.local:8786"], 2, "--insecure"),
        (["node", "tls://studio.local:8786", "--path-map", "x"], 2, "THERE=HERE"),
        (["node", "tls://studio.local:8786", "--tls-ca", "/nowhere/ca.pem"], 2, "/nowhere/ca.pem"),
        (["run", "configs/demo.yaml", "--set", "model=/nowhere/at/all"], 1, "/nowhere/at/all"),
        (["run", "configs/demo.yaml", "--set", "model=e4b-4bit"], 1, "--pull"),
        (["status", "nowhere"], 1, "nowhere"),
        (["fly"], 2, "fly"),
    ],
)
def test_what_is_wrong_is_said_with_its_exit_code_and_no_traceback(arguments: list[str], code: int, words: str) -> None:
    found = run_command(*arguments)
    assert found.returncode == code, found.stderr
    assert words.lower() in found.stderr.lower()
    assert "Traceback" not in found.stderr


def test_a_bug_leaves_a_log_to_paste_and_exit_code_3(tmp_path: Path) -> None:
    script = (
        "import sys, batch.cli as cli, batch.commands.run as run\n"
        "def broken(*_): raise RuntimeError('an invariant is broken')\n"
        "run.load_job = broken\n"
        "sys.argv = ['gemma4-batch', 'run', 'x.yaml']\n"
        "cli.main()\n"
    )
    found = subprocess.run([COMMAND[0], "-c", script], capture_output=True, text=True, env={"TMPDIR": str(tmp_path)})
    assert found.returncode == 3
    assert "an invariant is broken" in found.stderr
    (log,) = tmp_path.glob("gemma4-batch-*.log")
    assert "Traceback" in log.read_text()


def test_a_job_with_its_model_on_a_hub_is_refused_with_size_and_command(tmp_path: Path) -> None:
    job = write_config(
        tmp_path / "job.yaml",
        task="answer",
        model="e4b-4bit",
        source={"path": str(text_table(tmp_path / "a.parquet", 2))},
    )
    found = run_command("run", job, HF_HOME=str(tmp_path / "cache"))
    assert found.returncode == 1
    assert "10.3" in found.stderr
    assert "--pull" in found.stderr
    assert not (tmp_path / "job.out").exists()
