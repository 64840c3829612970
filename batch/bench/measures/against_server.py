"""Whole requests, files included: this program's `run` against mlx-vlm's server with as many clients as slots.

The same prompts and JPEG files, greedy, each answer as long as the model makes it (at most MAX_TOKENS). Ours is timed
from the loaded model to the last part on the disk, the server from the first request to the last answer.
"""

import tempfile
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import Any

from batch.bench.contenders.server import Server
from batch.bench.figures import spread
from batch.bench.measures.job import run_job
from batch.bench.tables import picture, picture_table, text_table

MAX_TOKENS = 64
SIDES_PX = (960, 1280)
QUESTION = "Describe this image in one sentence."


def measure(model: str, path: Path, slots: int, rows: int, repeats: int, soft_tokens: int) -> dict[str, Any]:
    """Captions and short questions, the two in turns. No two pictures or prompts are equal."""
    pictures = [picture(number, *SIDES_PX) for number in range(rows)]
    with tempfile.TemporaryDirectory() as place, closing(Server(path)) as server:
        folder = Path(place)
        sources = {
            "captions": picture_table(folder / "captions.parquet", pictures, [QUESTION] * rows),
            "questions": text_table(folder / "questions.parquet", rows),
        }
        asked: dict[str, list[tuple[str, bytes | None]]] = {
            "captions": [(QUESTION, shown) for shown in pictures],
            "questions": [(f"Say: item {row} of the list", None) for row in range(rows)],
        }
        found: dict[str, Any] = {}
        for name, source in sources.items():
            ours, theirs = [], []
            server.ask_all(asked[name][:slots], slots, MAX_TOKENS)  # not counted
            for repeat in range(repeats):
                job = run_job(
                    folder / f"{name}-{repeat}",
                    task="answer",
                    model=model,
                    source={"path": str(source)},
                    media={"soft_tokens": soft_tokens},
                    engine={"slots": slots},
                    sampling={"max_tokens": MAX_TOKENS},
                )
                seconds, tokens = server.ask_all(asked[name], slots, MAX_TOKENS)
                ours.append((job.rows_per_s, job.tokens))
                theirs.append((rows / seconds, tokens))
            found[name] = {
                "rows": rows,
                "rows_per_s": median(rate for rate, _ in ours),
                "server_rows_per_s": median(rate for rate, _ in theirs),
                "times_as_fast": median(one[0] / other[0] for one, other in zip(ours, theirs, strict=True)),
                "spread": [spread([rate for rate, _ in ours]), spread([rate for rate, _ in theirs])],
                "tokens": [ours[0][1], theirs[0][1]],
            }
        return found
