"""How near `plan` comes: `python -m tests.plan_accuracy FOLDER [--rounds 3] [--copies 8] [--json FILE]`.

A round is what a person does: `bench demo --measure costs`, then for the demo corpus, and for one of several times its
rows, `plan` and `run`. Two times are compared: what plan says, and what passes from the command's begin to its end.
The bench is kept in FOLDER, not where the user's own one is.
"""

import argparse
import io
import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from batch.media.audio import Recording
from tests.commands import ROOT, run_command
from tests.media.recordings import wav

DEMO = ROOT / "configs" / "demo.yaml"
CORPUS = ROOT / "examples" / "demo.parquet"
PATIENCE_S = 1800


@dataclass(frozen=True)
class Found:
    """Seconds of one job; `ratio` is the planned time by the one it took."""

    round: int
    rows: int
    planned_s: float
    taken_s: float
    load: float

    @property
    def ratio(self) -> float:
        return self.planned_s / self.taken_s


def rounds(folder: Path, count: int, copies: int) -> Iterator[Found]:
    """Each job as it ends. Raises RuntimeError where a command fails."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = [CORPUS] + ([larger(folder / "larger.parquet", copies)] if copies > 1 else [])
    for number in range(count):
        _said(folder, "bench", "demo", "--measure", "costs")
        for table in tables:
            out = folder / f"out-{number}-{table.stem}"
            change = ("--set", f"source.path={table}", "--set", f"output.path={out}")
            plan = json.loads(_said(folder, "plan", DEMO, *change, "--json"))
            began = time.monotonic()
            _said(folder, "run", DEMO, *change)
            taken_s = time.monotonic() - began
            yield Found(number, plan["rows"], plan["estimate"]["seconds"]["value"], taken_s, os.getloadavg()[0])


def larger(path: Path, copies: int) -> Path:
    """The demo corpus so many times; no medium and no prompt is like another, so each row is computed."""
    rows = [_changed(row, copy) for copy in range(copies) for row in pq.read_table(CORPUS).to_pylist()]
    pq.write_table(pa.Table.from_pylist(rows, schema=pq.read_schema(CORPUS)), path, row_group_size=16)
    return path


def _changed(row: dict[str, Any], copy: int) -> dict[str, Any]:
    """A copy of the row: another corner of the picture, the sound a little quieter, a space more in a question."""
    if row["image"]:
        picture = Image.open(io.BytesIO(row["image"]["bytes"])).convert("RGB")
        picture.putpixel((0, 0), (copy, copy, copy))
        file = io.BytesIO()
        picture.save(file, "PNG")
        return row | {"image": {"bytes": file.getvalue(), "path": f"{copy}.png"}}
    if row["audio"]:
        sound = np.concatenate(list(Recording(row["audio"]["bytes"]))) * 0.99**copy
        return row | {"audio": {"bytes": wav(sound), "path": f"{copy}.wav"}}
    return row | {"prompt": row["prompt"] + " " * copy}


def _said(folder: Path, *arguments: str | Path) -> str:
    done = run_command(*arguments, timeout_s=PATIENCE_S, XDG_CACHE_HOME=str(folder / "cache"))
    if done.returncode:
        raise RuntimeError(f"{arguments} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--copies", type=int, default=8)
    parser.add_argument("--json", type=Path, help="write a line for each job, as it ends")
    options = parser.parse_args()
    for found in rounds(options.folder, options.rounds, options.copies):
        print(
            f"round {found.round + 1}, {found.rows} rows: plan {found.planned_s:.1f} s, taken {found.taken_s:.1f} s, "
            f"ratio {found.ratio:.2f}, load {found.load:.1f}",
            flush=True,
        )
        if options.json is not None:
            with options.json.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(found) | {"ratio": found.ratio}) + "\n")


if __name__ == "__main__":
    main()
