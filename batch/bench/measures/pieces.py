"""The pieces at their best, with mlx-vlm's own classes: what a decode step, a prefill, an image and a clip take.

From them follows the limit: what a request would take if every slot were always full and nothing ever waited,
    answer tokens x step / slots + prefill + images x vision + clips x audio.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import mean, median
from typing import Any, NamedTuple

import mlx.core as mx
import numpy as np

from batch.bench.workloads import CLIP_FRAMES, Model, answer_tokens, picture_size
from batch.prepared import Prepared

STEPS = 24
BATCHES = (1, 2, 4, 8, 16)
MEDIA_BATCHES = (1, 4, 8)
REPEATS = 3


class Took(NamedTuple):
    """Milliseconds: those that passed, and the processor time of this process, which other programs disturb less."""

    passed: float
    computed: float


@dataclass(frozen=True, slots=True)
class Pieces:
    """Milliseconds: one decode step of all slots, and the best per prompt, image, clip; by batch size in the dicts.
    `computed`: the same in processor time."""

    step_ms: float
    slots: int
    prefill_ms: dict[int, float]
    vision_ms: dict[int, float]
    audio_ms: dict[int, float]
    computed: "Pieces | None" = None

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
        found = {name: value for name, value in asdict(self).items() if name != "computed"}
        by_rows = ("prefill_ms", "vision_ms", "audio_ms")
        found |= {name: {str(rows): value for rows, value in found[name].items()} for name in by_rows}
        return found | ({} if self.computed is None else {"computed": self.computed.as_object()})


def measure(model: Any, facts: Model, requests: Sequence[Prepared], slots: int) -> Pieces:
    """For these requests: prompts of their mean length, their media."""
    length = round(mean(len(request.token_ids) for request in requests))
    images = any(request.images for request in requests)
    clips = any(request.audio for request in requests)
    step = step_took(model, facts, slots, length)
    prefill = {rows: _prefill_took(model, facts, rows, length) for rows in BATCHES if rows <= max(slots, 1)}
    vision = {rows: _vision_took(model, facts, rows) for rows in MEDIA_BATCHES if images and rows <= slots}
    audio = {rows: _audio_took(model, rows) for rows in MEDIA_BATCHES[:2] if clips and rows <= slots}

    def of(which: int, computed: Pieces | None = None) -> Pieces:
        """Per row of a batch: a prompt, an image, a clip."""
        each = [{rows: took[which] / rows for rows, took in one.items()} for one in (prefill, vision, audio)]
        return Pieces(step[which], slots, each[0], each[1], each[2], computed)

    return of(0, of(1))


def step_took(model: Any, facts: Model, rows: int, length: int) -> Took:
    """One decode step of `rows` rows behind prompts of `length` tokens, the tokens read back each time."""
    cache = model.language_model.make_cache()
    token = _prefilled(model, _ids(facts, rows, length), cache)

    def step() -> None:
        nonlocal token
        token = mx.argmax(model.language_model(token[:, None], cache=cache).logits[:, -1], axis=-1)
        token.tolist()

    return _median([_took(step) for _ in range(STEPS)][2:])


def _prefill_took(model: Any, facts: Model, rows: int, length: int) -> Took:
    ids = _ids(facts, rows, length)
    return _best(lambda: mx.eval(_prefilled(model, ids, model.language_model.make_cache())))


def _vision_took(model: Any, facts: Model, rows: int) -> Took:
    pixels = mx.random.uniform(shape=(rows, 3, *picture_size(facts.soft_tokens)))
    mx.eval(pixels)
    return _best(lambda: mx.eval(model.encode_image(pixels)))


def _audio_took(model: Any, rows: int) -> Took:
    """Clips of 30 s."""
    mel, mask = mx.random.normal(shape=(rows, CLIP_FRAMES, 128)), mx.zeros((rows, CLIP_FRAMES), dtype=mx.bool_)
    return _best(lambda: mx.eval(model.embed_audio(model.audio_tower(mel, mask)[0])))


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
    """Milliseconds that pass."""
    return _best(run).passed


def _best(run: Callable[[], None]) -> Took:
    """The median of REPEATS, after one that is not counted."""
    run()
    return _median([_took(run) for _ in range(REPEATS)])


def _took(run: Callable[[], None]) -> Took:
    began, computed = time.perf_counter(), time.process_time()
    run()
    return Took(1000 * (time.perf_counter() - began), 1000 * (time.process_time() - computed))


def _median(taken: Sequence[Took]) -> Took:
    return Took(median(one.passed for one in taken), median(one.computed for one in taken))
