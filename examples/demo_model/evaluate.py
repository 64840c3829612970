"""Score a checkpoint on the held-out sets, through `gemma4-batch run` and therefore through MLX.

    python -m demo_model.evaluate out-candidate/ out/held-out --each 510

Writes the sets, runs one job a set (again only where it has not finished), prints a table, and saves scores.json.
"""

import argparse
import json
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import yaml

from demo_model.held_out import BUDGETS, MAKERS, write_set
from demo_model.score import Score


def job(model: Path, table: Path, out: Path, soft_tokens: int) -> dict[str, Any]:
    """The config of one run."""
    return {
        "source": {
            "path": str(table),
            "image_column": "image",
            "audio_column": "audio",
            "reference_column": "reference",
        },
        "model": {"path": str(model), "allow_unsafe_ple": True},  # stock 4-bit checkpoints are to be scored too
        "task": "answer",
        "prompt": "{{ prompt }}",
        "system": "{{ system }}",
        "sampling": {"temperature": 0, "max_tokens": 128},
        "media": {"soft_tokens": soft_tokens},
        "output": {"path": str(out), "shard_rows": 64},
    }


def run(model: Path, table: Path, out: Path, soft_tokens: int, limit: int | None) -> None:
    config = out.with_suffix(".yaml")
    config.write_text(yaml.safe_dump(job(model, table, out, soft_tokens), sort_keys=False))
    command = shutil.which("gemma4-batch")
    if command is None:
        raise SystemExit("gemma4-batch is not on PATH; install the package (pip install -e .) and run again")
    first = () if limit is None else ("--limit", str(limit))
    subprocess.run([command, "run", str(config), *first], check=True)


def scores(out: Path) -> dict[str, Score]:
    found: dict[str, Score] = defaultdict(Score)
    for part in sorted((out / "data").glob("*.parquet")):
        for row in pq.read_table(part, columns=["kind", "answer", "reference"]).to_pylist():
            found[row["kind"]].add(row["kind"], row["answer"] or "", row["reference"])
    return dict(sorted(found.items()))


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="checkpoint folder")
    parser.add_argument("out", type=Path, help="where sets, jobs and scores go")
    parser.add_argument("--each", type=int, default=510, help="items a set")
    parser.add_argument("--limit", type=int, help="only the first so many of each set; a later run goes on from there")
    parser.add_argument("--sets", nargs="*", default=list(MAKERS), choices=list(MAKERS))
    parser.add_argument("--budgets", type=int, nargs="*", default=BUDGETS, help="soft tokens of the single pictures")
    return parser.parse_args()


def main() -> None:
    args = options()
    table_of: dict[str, dict[str, dict[str, int]]] = {}
    for name in args.sets:
        table = args.out / f"{name}.parquet"
        if not table.exists():
            write_set(name, table, args.each)
        for soft_tokens in args.budgets if name == "pictures" else (70,):
            title = f"{name}-{soft_tokens}"
            run(args.model.resolve(), table, args.out / title, soft_tokens, args.limit)
            found = scores(args.out / title)
            print(f"\n{title}")
            for kind, score in found.items():
                print(score.line(kind))
            table_of[title] = {kind: vars(score) for kind, score in found.items()}
    (args.out / "scores.json").write_text(json.dumps(table_of, indent=1))


if __name__ == "__main__":
    main()
