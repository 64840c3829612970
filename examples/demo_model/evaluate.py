"""Score a checkpoint on the held-out sets, through `gemma4-batch run` and therefore through MLX.

    python -m demo_model.evaluate out-candidate/ out/held-out --each 510

Writes the sets, runs one job a set (again only where it has not finished), prints a table, and saves scores.json.
"""

import argparse
import json
import shutil
import subprocess
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import yaml

from demo_model.held_out import MAKERS, write_set

SPOKEN = ("variant", "accent", "slt", "8-12 words", "pauses", "transcribe")  # kinds that word errors are counted for
BUDGETS = (70, 140, 280)  # soft tokens that single pictures are run with; 70 otherwise


@dataclass
class Score:
    """Answers of one kind: how many, how many exactly right, and words wrong of how many words."""

    count: int = 0
    right: int = 0
    word_errors: int = 0
    words: int = 0

    def add(self, kind: str, answer: str, reference: str) -> None:
        self.count += 1
        self.right += same(kind, answer, reference)
        if kind in SPOKEN:
            self.word_errors += distance(answer.split(), reference.split())
            self.words += len(reference.split())

    def line(self, name: str) -> str:
        exact = f"{name:28} {self.right:5}/{self.count:<5} {100 * self.right / self.count:6.1f} %"
        return exact + (f"   word errors {100 * self.word_errors / self.words:5.2f} %" if self.words else "")


def same(kind: str, answer: str, reference: str) -> bool:
    """Equal strings; for JSON, valid and of equal value."""
    if kind.startswith("json"):
        try:
            return bool(json.loads(answer) == json.loads(reference))
        except json.JSONDecodeError:
            return False
    return answer == reference


def distance(a: list[str], b: list[str]) -> int:
    """Fewest insertions, deletions and substitutions of words that turn a into b (Levenshtein)."""
    row = list(range(len(b) + 1))
    for i, word in enumerate(a, 1):
        previous, row[0] = row[0], i
        for j, other in enumerate(b, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (word != other))
    return row[-1]


def job(model: Path, table: Path, out: Path, soft_tokens: int) -> dict[str, Any]:
    """The config of one run."""
    return {
        "source": {
            "path": str(table),
            "image_column": "image",
            "audio_column": "audio",
            "reference_column": "reference",
        },
        "model": str(model),
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
