"""`gemma4-batch plan` is `run --dry-run`: the same words, no model loaded, nothing written."""

import json
from pathlib import Path

from tests.commands import ROOT, run_command, write_config


def test_plan_and_dry_run_are_one(tmp_path: Path) -> None:
    out = f"output.path={tmp_path / 'out'}"
    planned = run_command("plan", "configs/demo.yaml", "--set", out)
    dry = run_command("run", "configs/demo.yaml", "--dry-run", "--set", out)
    assert planned.returncode == 0, planned.stderr
    free = " free"
    assert [line for line in planned.stdout.splitlines() if free not in line] == [
        line for line in dry.stdout.splitlines() if free not in line
    ]
    assert not (tmp_path / "out").exists()


def test_a_model_that_is_not_here_is_no_reason_not_to_plan(tmp_path: Path) -> None:
    job = write_config(
        tmp_path / "job.yaml", task="caption", model="e4b-4bit", source={"path": str(ROOT / "examples/photos")}
    )
    found = json.loads(run_command("plan", job, "--json", HF_HOME=str(tmp_path / "cache")).stdout)
    assert (found["schema_version"], found["rows"], found["model"]["ple_grade"]) == (1, 24, None)
    assert "--pull" in found["model"]["problem"]
    assert found["estimate"]["memory_bytes"]["value"] is None
