"""What a row, a token, a picture and a second of sound cost in whole jobs, so that `plan` can add them up.

Small jobs through the whole program, as `run` does them, from the command to the last part: what a row of one kind
takes more than a row of another is what it has more. Answers are cut to one token, so nothing hangs on what the model
says; what a token of an answer costs is taken from the engine, with all slots busy and lengths that are given.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from typing import Any

from batch.bench.contenders.ours import Ours
from batch.bench.measures.job import JobRun, run_job
from batch.bench.subject import Subject
from batch.bench.tables import picture, picture_table, prompt_table, recording_table
from batch.bench.workloads import make
from batch.errors import ModelError

TURNS = 3  # of the slots: a beginning and an end of a job weigh less than its middle
MOST_LONG = 64  # recordings of almost 1 MB
LONG_WORDS = 400
SHORT, LONG = "a short recording", "a long recording"
SOUNDS = {SHORT: 2, LONG: 25}  # seconds; one that is cut at pauses gives pieces of about the latter
ROUNDS = 2  # the machine is not as busy all the time
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
    model: str,
    answer: AnswerCost,
    rows: int,
    soft_tokens: int,
    hears: bool,
    told: Callable[[str], None],
    rounds: int = ROUNDS,
) -> dict[str, Any]:
    """Seconds of each piece, as `batch.measured.Measured` has them; media a model knows nothing of are None. `rows` of
    the larger jobs, more where there are many slots. Raises ModelError where rows fail."""
    rows = max(rows, TURNS * answer.slots)
    few, fewer = rows // 4, rows // 2
    with TemporaryDirectory() as place:
        jobs = _Jobs(Path(place), model, answer.slots, soft_tokens, told)
        kinds: dict[str, Callable[[], JobRun]] = {
            "least": lambda: jobs.prompts(few, 0),
            "short": lambda: jobs.prompts(rows, 0),
            "long": lambda: jobs.prompts(fewer, LONG_WORDS),
            "pictures": lambda: jobs.pictures(rows),
        }
        if hears:
            kinds[SHORT] = lambda: jobs.recordings(fewer, SOUNDS[SHORT])
            kinds[LONG] = lambda: jobs.recordings(min(few, MOST_LONG), SOUNDS[LONG])
        runs = [{name: run() for name, run in kinds.items()} for _ in range(rounds)]
    return {"slots": answer.slots, "answer_token_s": answer.token_s, **costs_of(runs)}


def costs_of(runs: Sequence[Mapping[str, JobRun]]) -> dict[str, Any]:
    """Of jobs by kind; each round ran all of them."""
    last = runs[-1]
    loaded_s = {name: mean(run[name].seconds for run in runs) for name in last}
    load_s = mean(job.total_s - job.seconds for run in runs for job in run.values())
    tokens = {name: last[name].prompt_tokens / last[name].rows for name in ("short", "long")}
    row_s = max(0.0, loaded_s["short"] - loaded_s["least"]) / (last["short"].rows - last["least"].rows)
    ends_s = max(0.0, loaded_s["least"] - last["least"].rows * row_s)  # waiting for the first rows, writing the part
    more_s = {name: max(0.0, (loaded_s[name] - ends_s) / run.rows - row_s) for name, run in last.items()}
    hears = SHORT in last
    return {
        "start_s": load_s + ends_s,
        "row_s": row_s,
        "row_tokens": tokens["short"],
        "text_token_s": more_s["long"] / (tokens["long"] - tokens["short"]),
        "image_s": more_s["pictures"],
        "clip_s": more_s[SHORT] if hears else None,
        "clip_sound_s": SOUNDS[SHORT],
        "sound_s": max(0.0, more_s[LONG] - more_s[SHORT]) / (SOUNDS[LONG] - SOUNDS[SHORT]) if hears else None,
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
        with TemporaryDirectory(dir=self._folder) as place:
            table = make_table(Path(place) / "rows.parquet")
            done = run_job(Path(place) / "job", source={"path": str(table)}, **self._settings)
        if done.failed:
            raise ModelError(f"{done.failed} of {done.rows} rows of the job {name!r} failed, so its time says nothing.")
        return done
