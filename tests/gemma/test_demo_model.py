"""The model in the package answers the examples rightly, alone, among others and quantised; and these tests can fail:
with another's picture, half a recording, a broken mask, or one layer without its per-layer embeddings, it does not.

The full examination, on sets it has never seen, is `python -m demo_model.evaluate` (examples/demo_model/README.md).
"""

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count, islice
from pathlib import Path
from random import Random

import mlx.core as mx
import numpy as np
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from batch.gemma.adapter import Gemma
from batch.gemma.convert import convert
from batch.gemma.decoding.prefill import Prefill
from batch.gemma.layout import Bits
from batch.gemma.mlx_engine import MLXEngine
from batch.gemma.processor import Processor
from batch.gemma.registry import DEMO
from batch.media.audio import Recording
from batch.media.image import ImageLimits, LoadedImage, load
from batch.records import RequestKey
from tests.commands import ROOT
from tests.gemma.rows import run

DRAWN = 120
SCENES, CLIPS, QUESTIONS = 5, 5, 16  # of examples/demo.parquet: its first rows of each kind
pytestmark = pytest.mark.timeout(300)


@dataclass(frozen=True)
class Row:
    prompt: str
    reference: str
    image: LoadedImage | None = None
    audio: NDArray[np.float32] | None = None


@cache
def examples() -> dict[str, list[Row]]:
    """Rows by kind: scene, clip, question."""
    found: dict[str, list[Row]] = {"scene": [], "clip": [], "question": []}
    most = {"scene": SCENES, "clip": CLIPS, "question": QUESTIONS}
    for row in pq.read_table(ROOT / "examples" / "demo.parquet").to_pylist():
        if len(found[row["kind"]]) < most[row["kind"]]:
            image = load(row["image"]["bytes"], ImageLimits()) if row["image"] else None
            audio = np.concatenate(list(Recording(row["audio"]["bytes"]))) if row["audio"] else None
            found[row["kind"]].append(Row(row["prompt"], row["reference"], image, audio))
    return found


def everything() -> list[Row]:
    return [row for rows in examples().values() for row in rows]


def answers(gemma: Gemma, rows: Sequence[Row], *, slots: int = 1) -> list[str]:
    processor = Processor.load(DEMO)
    requests = [
        processor.prepare(
            RequestKey(0, number, 0),
            prompt=row.prompt,
            images=[] if row.image is None else [row.image],
            audio=[] if row.audio is None else [row.audio],
            soft_tokens=70,
            max_tokens=64,
        )
        for number, row in enumerate(rows)
    ]
    engine = MLXEngine(gemma.path, slots=slots, loaded=gemma)
    try:
        ended = run(engine, requests)
    finally:
        engine.close()
    return [ended[number].text for number in range(len(rows))]


def right(given: Sequence[str], rows: Sequence[Row]) -> int:
    return sum(answer == row.reference for answer, row in zip(given, rows, strict=True))


@pytest.fixture(scope="module")
def alone() -> list[str]:
    """What it answers in float32 to one row at a time."""
    return answers(Gemma.load(DEMO, "float32"), everything())


def test_captions_transcripts_and_answers_are_right(alone: list[str]) -> None:
    assert right(alone, everything()) >= len(everything()) - 1


def test_rows_answered_together_are_answered_as_alone(alone: list[str]) -> None:
    assert answers(Gemma.load(DEMO, "float32"), everything(), slots=8) == alone


@pytest.mark.parametrize("bits", ["8", "4"])
def test_8_bits_and_ple_safe_4_bits_lose_at_most_one_row(tmp_path: Path, alone: list[str], bits: Bits) -> None:
    found = convert(DEMO, tmp_path / "quantised", bits)
    assert found.ple is not None
    assert found.ple.grade == "safe"
    rows = everything()[3:]  # three scenes fewer: 4 bits are slow on a processor
    given = answers(Gemma.load(tmp_path / "quantised"), rows, slots=8)
    assert right(given, rows) >= right(alone[3:], rows) - 1


# ---------------------------------------------------------------- faults
def test_with_anothers_picture_no_more_than_one_answer_stays_right(alone: list[str]) -> None:
    scenes = examples()["scene"]
    swapped = [
        Row(row.prompt, row.reference, other.image) for row, other in zip(scenes, [*scenes[1:], scenes[0]], strict=True)
    ]
    assert right(alone[:SCENES], scenes) >= SCENES - 1
    assert right(answers(Gemma.load(DEMO), swapped), scenes) <= 2


def test_half_a_recording_is_not_transcribed_whole(alone: list[str]) -> None:
    clips = [row for row in examples()["clip"] if len(row.reference.split()) > 1]
    assert all(row.audio is not None for row in clips)
    cut = [
        Row(row.prompt, row.reference, audio=row.audio[: len(row.audio) // 2]) for row in clips if row.audio is not None
    ]
    assert right(alone[SCENES : SCENES + CLIPS], examples()["clip"]) >= CLIPS - 1
    assert right(answers(Gemma.load(DEMO), cut), clips) == 0


def questions() -> list[Row]:
    table = pq.read_table(ROOT / "examples" / "questions.parquet")
    return [Row(row["question"], row["answer"]) for row in table.to_pylist()]


def test_it_answers_the_questions_that_the_faults_below_are_measured_with() -> None:
    assert right(answers(Gemma.load(DEMO, "float32"), questions(), slots=8), questions()) >= 39


def test_with_a_mask_that_shows_a_position_itself_alone_nine_of_ten_answers_are_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def alone(self: Prefill, end: int) -> tuple[mx.array, mx.array]:
        start = max(0, self._done - (self._model.window_size - 1))
        mask = mx.arange(self._done, end)[:, None] == mx.arange(start, end)
        return mask, mask

    monkeypatch.setattr(Prefill, "masks", alone)
    assert right(answers(Gemma.load(DEMO, "float32"), questions(), slots=8), questions()) <= 4


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> list[Row]:
    """The hardest it was trained on: to say again three words that do not exist, letter by letter."""
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    text_ask, rng = importlib.import_module("demo_model.text_asks").text_ask, Random(2)
    asks = (text_ask(rng, shares={"letters": 1.0}) for _ in count())
    return [Row(ask.prompt, ask.answer) for ask in islice((ask for ask in asks if len(ask.answer) >= 15), DRAWN)]


def without_per_layer_embeddings(layers: Sequence[int]) -> Gemma:
    gemma = Gemma.load(DEMO, "float32")
    for layer in layers:
        projection = gemma.model.language_model.model.layers[layer].per_layer_projection
        projection.weight = mx.zeros_like(projection.weight)
    return gemma


def test_without_the_per_layer_embeddings_of_its_second_layer_answers_are_lost(
    made_up: list[Row],
) -> None:
    whole = right(answers(Gemma.load(DEMO, "float32"), made_up, slots=24), made_up)
    assert whole >= DRAWN - 6
    # 116 and 110 where this was written: half of that loss leaves room for another processor's rounding
    assert right(answers(without_per_layer_embeddings([1]), made_up, slots=24), made_up) <= whole - 3


def test_without_any_per_layer_embeddings_four_of_five_answers_are_lost() -> None:
    assert right(answers(without_per_layer_embeddings(range(6)), questions(), slots=24), questions()) <= 8
