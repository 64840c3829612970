"""Jobs run as a person runs them: the command in a process of its own; and what came out."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet as pq
import yaml

COMMAND = [sys.executable, "-m", "batch"]
ROOT = Path(__file__).resolve().parent.parent


def run_command(*arguments: str | Path, timeout_s: float = 240, **environment: str) -> subprocess.CompletedProcess[str]:
    """`gemma4-batch ARGUMENTS` from the repository root, to its end."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        cwd=ROOT,
        env=_environment(environment),
    )


def start_command(*arguments: str | Path, log: Path, **environment: str) -> subprocess.Popen[bytes]:
    """The same, in the background; what it prints is appended to `log`."""
    with log.open("ab") as output:
        return subprocess.Popen(
            [*COMMAND, *map(str, arguments)],
            stdout=output,
            stderr=output,
            cwd=ROOT,
            env=_environment(environment),
        )


def _environment(more: dict[str, str]) -> dict[str, str]:
    return {**os.environ, "HF_HUB_OFFLINE": "1", "PYTHONWARNINGS": "default", **more}


def write_config(path: Path, **config: Any) -> Path:
    """A job file at `path`, with its output beside it unless it says otherwise."""
    config.setdefault("output", {"path": str(path.with_suffix(".out"))})
    path.write_text(yaml.safe_dump(config))
    return path


def text_table(path: Path, rows: int) -> Path:
    """A Parquet of `rows` different short prompts (column `prompt`), 100 rows a group."""
    prompts = [f"Say: item {row} of the list" for row in range(rows)]
    table = pa.table({"id": pa.array(range(rows), pa.int32()), "prompt": prompts})
    pq.write_table(table, path, row_group_size=100)
    return path


def output_of(folder: Path) -> pa.Table:
    """The whole output, in part order, as anybody's tool reads it."""
    parts = sorted((folder / "data").glob("*.parquet"))
    return pa.concat_tables([pq.read_table(part) for part in parts])


def answers_of(folder: Path, column: str = "answer") -> list[tuple[str, str, str | None]]:
    """(row_id, status, answer) of every row, in order."""
    rows = output_of(folder).select(["row_id", "status", column]).to_pylist()
    return [(row["row_id"], row["status"], row[column]) for row in rows]


def status_of(folder: Path) -> dict[str, Any]:
    found = run_command("status", folder, "--json")
    assert found.returncode == 0, found.stderr
    loaded: dict[str, Any] = json.loads(found.stdout)
    return loaded


def children_of(pid: int) -> list[int]:
    """The direct children of all the process's threads: the runner's only child is the worker."""
    if sys.platform == "linux":
        children: list[int] = []
        for thread in Path(f"/proc/{pid}/task").glob("*/children"):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                children += map(int, thread.read_text().split())
        return children
    found = subprocess.run(["/usr/bin/pgrep", "-P", str(pid)], capture_output=True, text=True)
    return [int(child) for child in found.stdout.split()]


def kill(*pids: int) -> None:
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
