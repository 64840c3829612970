"""Whole requests, files included: this program's `run` against mlx-vlm's server with as many clients as slots.

The same prompts, JPEG and WAV files, greedy, each answer as long as the model makes it (at most MAX_TOKENS). Ours is
timed from the loaded model to the last part on the disk, the server from the first request to the last answer.
"""

import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import Any

from batch.bench.contenders.server import Ask, Server
from batch.bench.figures import spread
from batch.bench.measures.job import run_job
from batch.bench.tables import media_table, noise, picture
from batch.bench.workloads import MIXED

MAX_TOKENS = 64
SIDES_PX = (960, 1280)
CLIP_S = 30
LONG_WORDS = 600  # about 1,500 tokens of the demonstration model
DESCRIBE = "Describe this image in one sentence."
TRANSCRIBE = "Transcribe the following speech segment in its original language."

MAKERS: dict[str, Callable[[int], Ask]] = {
    "captions": lambda row: (DESCRIBE, picture(row, *SIDES_PX), None),
    "transcripts": lambda row: (TRANSCRIBE, None, noise(row, CLIP_S)),
    "questions": lambda row: (f"Say: item {row} of the list", None, None),
    "prompts": lambda row: ("Summarise: " + " ".join(f"item {row * word % 97}" for word in range(LONG_WORDS // 2)),
                            None, None),
}  # fmt: skip


def measure(
    model: str, path: Path, workloads: Sequence[str], slots: int, rows: int, repeats: int, soft_tokens: int
) -> dict[str, Any]:
    """`rows` of each workload, in turns. No two requests are equal, nor do they come back in the next repeat: the
    server keeps features of pictures and prompts' caches, which a job begins without."""
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as place, closing(Server(path)) as server:
        for name in workloads:
            server.ask_all([_ask(name, row) for row in range(slots)], slots, MAX_TOKENS)  # not counted
            ours, theirs = [], []
            for repeat in range(repeats):
                first = slots + repeat * rows
                asked = [_ask(name, row) for row in range(first, first + rows)]
                source = media_table(
                    Path(place) / f"{name}-{repeat}.parquet", [one[1] for one in asked], [one[2] for one in asked],
                    [one[0] for one in asked],
                )  # fmt: skip
                job = run_job(
                    Path(place) / f"{name}-{repeat}",
                    task="answer",
                    model=model,
                    source={"path": str(source)},
                    media={"soft_tokens": soft_tokens},
                    engine={"slots": slots},
                    sampling={"max_tokens": MAX_TOKENS},
                )
                seconds, tokens = server.ask_all(asked, slots, MAX_TOKENS)
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


def _ask(workload: str, row: int) -> Ask:
    makers = list(MAKERS.values())
    return makers[row % len(makers)](row) if workload == MIXED else MAKERS[workload](row)
