"""What not computing twice is worth: the same rows with `engine.reuse` on and off, in turns. Their answers must
be equal; in float32, always."""

import tempfile
from pathlib import Path
from statistics import median
from typing import Any

import pyarrow.parquet as pq

from batch.bench.measures.job import JobRun, run_job
from batch.bench.tables import picture, picture_table

DUPLICATES = 0.3
QUESTIONS = 5
SIDES_PX = (960, 1280)
ASKED = (
    "What is shown here?",
    "Which colour is most common in this picture?",
    "How many things are there?",
    "Is it bright or dark?",
    "What is in the middle of it?",
)


def measure(model: str, slots: int, rows: int, repeats: int, soft_tokens: int) -> dict[str, Any]:
    """Rows of which DUPLICATES are equal to earlier ones; and rows of which each QUESTIONS ask about one image."""
    rows = max(10, rows // 10 * 10)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        distinct = rows - round(DUPLICATES * rows)
        shown = [place if place < distinct else (place - distinct) % distinct for place in range(rows)]
        shown = [shown[(place * 7) % rows] for place in range(rows)]  # 7 and 10 share no factor: spread them
        duplicates = picture_table(
            folder / "duplicates.parquet", [_picture(number) for number in shown], ["What is shown here?"] * rows
        )
        asked = rows // QUESTIONS * QUESTIONS
        questions = picture_table(
            folder / "questions.parquet",
            [_picture(1000 + place // QUESTIONS) for place in range(asked)],
            [ASKED[place % QUESTIONS] for place in range(asked)],
        )
        return {
            "duplicates": _compared(folder, duplicates, model, slots, repeats, soft_tokens),
            "questions": _compared(folder, questions, model, slots, repeats, soft_tokens),
        }


def _picture(number: int) -> bytes:
    return picture(number, *SIDES_PX)


def _compared(folder: Path, table: Path, model: str, slots: int, repeats: int, soft_tokens: int) -> dict[str, Any]:
    runs: list[tuple[JobRun, JobRun]] = []
    equal = 0
    for repeat in range(repeats):
        places = {reuse: folder / f"{table.stem}-{repeat}-{reuse}" for reuse in (True, False)}
        on, off = (
            run_job(
                place,
                task="answer",
                model=model,
                source={"path": str(table)},
                media={"soft_tokens": soft_tokens},
                engine={"slots": slots, "reuse": reuse},
                sampling={"max_tokens": 32},
            )
            for reuse, place in places.items()
        )
        runs.append((on, off))
        pairs = zip(*(_answers(place) for place in places.values()), strict=True)
        equal = sum(one == other for one, other in pairs)
    return {
        "rows": runs[0][0].rows,
        "copied": runs[0][0].copied,
        "equal_answers": equal,
        "rows_per_s": median(on.rows_per_s for on, _ in runs),
        "rows_per_s_without": median(off.rows_per_s for _, off in runs),
        "times_as_fast": median(on.rows_per_s / off.rows_per_s for on, off in runs),
        "each": [on.rows_per_s / off.rows_per_s for on, off in runs],
    }


def _answers(folder: Path) -> list[str | None]:
    parts = sorted((folder / "data").glob("*.parquet"))
    return [answer for part in parts for answer in pq.read_table(part, columns=["answer"])["answer"].to_pylist()]
