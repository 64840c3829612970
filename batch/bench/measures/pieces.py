"""The pieces at their best, with mlx-vlm's own classes: what a decode step, a prefill, an image and a clip take.

From them follows the limit: what a request would take if every slot were always full and nothing ever waited,
    answer tokens x step / slots + prefill + images x vision + clips x audio.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import mean, median
from typing import Any

import mlx.core as mx
import numpy as np

from batch.bench.workloads import CLIP_FRAMES, Model, answer_tokens, picture_size
from batch.records import Prepared

STEPS = 24
BATCHES = (1, 2, 4, 8, 16)
MEDIA_BATCHES = (1, 4, 8)
REPEATS = 3


@dataclass(frozen=True, slots=True)
class Pieces:
    """Milliseconds: one decode step of all slots, and the best per prompt, image, clip; by batch size in the dicts."""

    step_ms: float
    slots: int
    prefill_ms: dict[int, float]
    vision_ms: dict[int, float]
    audio_ms: dict[int, float]

    def limit_s(self, requests: Sequence[Prepared]) -> float:
        """Seconds for these requests at the limit."""
        images = sum(len(request.images) for request in requests)
        clips = sum(len(request.audio) for request in requests)
        total_ms = (
            answer_tokens(requests) * self.step_ms / self.slots
            + len(requests) * min(self.prefill_ms.values())
            + images * min(self.vision_ms.values(), default=0.0)
            + clips * min(self.audio_ms.values(), default=0.0)
        )
        return total_ms / 1000

    def as_object(self) -> dict[str, Any]:
        """With batch sizes as text, as JSON has them."""
        found = asdict(self)
        by_rows = ("prefill_ms", "vision_ms", "audio_ms")
        return found | {name: {str(rows): value for rows, value in found[name].items()} for name in by_rows}


def measure(model: Any, facts: Model, requests: Sequence[Prepared], slots: int) -> Pieces:
    """For these requests: prompts of their mean length, their media."""
    length = round(mean(len(request.token_ids) for request in requests))
    images = any(request.images for request in requests)
    clips = any(request.audio for request in requests)
    return Pieces(
        step_ms=step_ms(model, facts, slots, length),
        slots=slots,
        prefill_ms={rows: prefill_ms(model, facts, rows, length) for rows in BATCHES if rows <= max(slots, 1)},
        vision_ms={rows: vision_ms(model, facts, rows) for rows in MEDIA_BATCHES if images and rows <= slots},
        audio_ms={rows: audio_ms(model, rows) for rows in MEDIA_BATCHES[:2] if clips and rows <= slots},
    )


def step_ms(model: Any, facts: Model, rows: int, length: int) -> float:
    """One decode step of `rows` rows behind prompts of `length` tokens, the tokens read back each time."""
    cache = model.language_model.make_cache()
    token = _prefilled(model, _ids(facts, rows, length), cache)
    taken = []
    for _ in range(STEPS):
        began = time.perf_counter()
        token = mx.argmax(model.language_model(token[:, None], cache=cache).logits[:, -1], axis=-1)
        token.tolist()
        taken.append(time.perf_counter() - began)
    return 1000 * median(taken[2:])


def prefill_ms(model: Any, facts: Model, rows: int, length: int) -> float:
    """Per prompt."""
    ids = _ids(facts, rows, length)
    return best_ms(lambda: mx.eval(_prefilled(model, ids, model.language_model.make_cache()))) / rows


def vision_ms(model: Any, facts: Model, rows: int) -> float:
    """Per image of the budget."""
    pixels = mx.random.uniform(shape=(rows, 3, *picture_size(facts.soft_tokens)))
    mx.eval(pixels)
    return best_ms(lambda: mx.eval(model.encode_image(pixels))) / rows


def audio_ms(model: Any, rows: int) -> float:
    """Per clip of 30 s."""
    mel, mask = mx.random.normal(shape=(rows, CLIP_FRAMES, 128)), mx.zeros((rows, CLIP_FRAMES), dtype=mx.bool_)
    return best_ms(lambda: mx.eval(model.embed_audio(model.audio_tower(mel, mask)[0]))) / rows


def _ids(facts: Model, rows: int, length: int) -> mx.array:
    return mx.array(np.random.default_rng(rows).integers(0, facts.vocabulary // 2, (rows, length)).astype(np.int32))


def _prefilled(model: Any, ids: mx.array, cache: list[Any]) -> mx.array:
    """The first token [rows] of each prompt."""
    embedded = model.get_input_embeddings(ids).to_dict()
    arguments = {name: value for name, value in embedded.items() if value is not None}
    output = model.language_model(ids, cache=cache, logits_to_keep=1, **arguments)
    token: mx.array = mx.argmax(output.logits[:, -1], axis=-1)
    return token


def best_ms(run: Callable[[], None]) -> float:
    """The median of REPEATS, after one that is not counted."""
    run()
    taken = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        run()
        taken.append(time.perf_counter() - began)
    return 1000 * median(taken)
