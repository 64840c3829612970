"""What a row, a token, a picture and a second of sound cost in whole jobs, so that `plan` can add them up.

Small jobs through the whole program, as `run` does them, from the command to the last part: what a row of one kind
takes more than a row of another is what it has more. Answers are cut to one token, so nothing hangs on what the model
says; what a token of an answer costs is taken from the engine, with all slots busy and lengths that are given.
"""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from batch.bench.contenders.ours import Ours
from batch.bench.measures.job import JobRun, run_job
from batch.bench.subject import Subject
from batch.bench.tables import picture, picture_table, prompt_table, recording_table
from batch.bench.workloads import make
from batch.errors import ModelError

TURNS = 3  # of the slots: a beginning and an end of a job weigh less than its middle
MOST_RECORDINGS = 128
LONG_WORDS = 400
SHORT_S, LONG_S = 2, 25  # a recording that is cut at pauses gives pieces of about LONG_S
SIDES_PX = (960, 1280)
SHORT_ANSWER, LONG_ANSWER = 4, 36
ANSWERED_TURNS = 2


@dataclass(frozen=True, slots=True)
class AnswerCost:
    """Of the engine alone: `slots` it ran with, seconds a token of an answer while all of them are busy."""

    slots: int
    token_s: float


def answer_cost(subject: Subject, slots: int) -> AnswerCost:
    """`slots` 0: as many as the engine chooses."""
    with closing(Ours(subject.gemma, subject.tokenizer, slots)) as engine:
        count = ANSWERED_TURNS * engine.slots

        def seconds(answer: int) -> float:
            asked = [replace(request, max_tokens=answer) for request in make("questions", subject.model, count)]
            began = time.perf_counter()
            engine.run(asked)
            return time.perf_counter() - began

        seconds(SHORT_ANSWER)  # not counted: buffers, compilers
        more_s = seconds(LONG_ANSWER) - seconds(SHORT_ANSWER)
        return AnswerCost(engine.slots, max(0.0, more_s) / (count * (LONG_ANSWER - SHORT_ANSWER)))


def measure(
    model: str, answer: AnswerCost, rows: int, soft_tokens: int, hears: bool, told: Callable[[str], None]
) -> dict[str, Any]:
    """Seconds of each piece, as `batch.measured.Measured` has them; media a model knows nothing of are None. `rows` of
    the larger jobs, more where there are many slots. Raises ModelError where rows fail."""
    rows = max(rows, TURNS * answer.slots)
    few, fewer = rows // 4, rows // 2
    heard = min(fewer, MOST_RECORDINGS)
    with TemporaryDirectory() as place:
        jobs = _Jobs(Path(place), model, answer.slots, soft_tokens, told)
        least, short, long = jobs.prompts(few, 0), jobs.prompts(rows, 0), jobs.prompts(fewer, LONG_WORDS)
        row_s = max(0.0, short.total_s - least.total_s) / (rows - few)
        start_s = max(0.0, least.total_s - few * row_s)

        def each_s(job: JobRun) -> float:
            return max(0.0, (job.total_s - start_s) / job.rows - row_s)

        short_tokens, long_tokens = short.prompt_tokens / rows, long.prompt_tokens / fewer
        token_s = each_s(long) / (long_tokens - short_tokens)
        image_s = each_s(jobs.pictures(rows))
        clips = [each_s(jobs.recordings(heard, length)) for length in (SHORT_S, LONG_S)] if hears else None
    sound_s = None if clips is None else max(0.0, clips[1] - clips[0]) / (LONG_S - SHORT_S)
    return {
        "slots": answer.slots,
        "start_s": start_s,
        "row_s": max(0.0, row_s - short_tokens * token_s),
        "text_token_s": token_s,
        "answer_token_s": answer.token_s,
        "image_s": image_s,
        "clip_s": None if clips is None or sound_s is None else max(0.0, clips[0] - SHORT_S * sound_s),
        "sound_s": sound_s,
    }


class _Jobs:
    """Small jobs in one folder; every row of them is like no other."""

    def __init__(self, folder: Path, model: str, slots: int, soft_tokens: int, told: Callable[[str], None]) -> None:
        self._folder = folder
        self._settings: dict[str, Any] = {
            "task": "answer", "model": model, "engine": {"slots": slots}, "media": {"soft_tokens": soft_tokens},
            "sampling": {"max_tokens": 1},
        }  # fmt: skip
        self._told = told

    def prompts(self, rows: int, words: int) -> JobRun:
        return self._run(f"prompts-{rows}-{words}", lambda path: prompt_table(path, rows, words))

    def pictures(self, rows: int) -> JobRun:
        asked = [f"What is shown in picture {row}?" for row in range(rows)]
        pictures = [picture(row, *SIDES_PX) for row in range(rows)]
        return self._run(f"pictures-{rows}", lambda path: picture_table(path, pictures, asked))

    def recordings(self, rows: int, seconds: int) -> JobRun:
        return self._run(f"recordings-{seconds}", lambda path: recording_table(path, rows, seconds))

    def _run(self, name: str, make_table: Callable[[Path], Path]) -> JobRun:
        self._told(f"costs: {name.replace('-', ' ')}")
        table = make_table(self._folder / f"{name}.parquet")
        done = run_job(self._folder / name, source={"path": str(table)}, **self._settings)
        table.unlink()
        if done.failed:
            raise ModelError(f"{done.failed} of {done.rows} rows of the job {name!r} failed, so its time says nothing.")
        return done
