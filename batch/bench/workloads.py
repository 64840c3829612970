"""The workloads: requests of known shape with given lengths, the same for every contender.

Token ids, pixels and sound are random: a model of any weights takes the same time for them. Every answer has a given
length (nothing stops earlier), since random weights would decide it otherwise.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

from batch.gemma.features import SIDE_PX, audio_tokens
from batch.prepared import Prepared
from batch.records import RequestKey

P95_SIGMAS = 1.645  # of the normal distribution
CLIP_FRAMES = 2999  # mel frames of a 30 s clip
SPECIAL_IDS = 400  # ids below are control tokens in the published vocabulary; random text stays above, where it can
DEFAULT_SOFT_TOKENS = 280


@dataclass(frozen=True, slots=True)
class Lengths:
    """Long-tailed (log-normal) numbers of tokens, cut at `most`."""

    median: int
    p95: int
    most: int

    def draw(self, random: np.random.Generator, count: int) -> NDArray[np.int64]:
        sigma = log(self.p95 / self.median) / P95_SIGMAS if self.p95 > self.median else 0.0
        drawn = self.median * np.exp(sigma * random.standard_normal(count))
        lengths: NDArray[np.int64] = np.clip(np.rint(drawn), 1, self.most).astype(np.int64)
        return lengths


@dataclass(frozen=True, slots=True)
class Workload:
    """One kind of request: tokens of text, images and 30 s clips in, and how much comes out."""

    name: str
    text: Lengths
    answer: Lengths
    images: int = 0
    clips: int = 0


SAME_20, SAME_40, SAME_30 = Lengths(20, 20, 20), Lengths(40, 40, 40), Lengths(30, 30, 30)
WORKLOADS: dict[str, Workload] = {
    workload.name: workload
    for workload in (
        Workload("captions", SAME_20, Lengths(60, 200, 256), images=1),
        Workload("transcripts", SAME_40, Lengths(90, 160, 256), clips=1),
        Workload("questions", SAME_30, Lengths(4, 4, 4)),
        Workload("prompts", Lengths(1500, 2500, 3000), Lengths(60, 200, 256)),
    )
}
MIXED = "mixed"  # the others in turns
NAMES = (*WORKLOADS, MIXED)


@dataclass(frozen=True, slots=True)
class Model:
    """What of a model the requests hang on."""

    vocabulary: int
    image_id: int
    audio_id: int
    soft_tokens: int
    hears: bool


def make(name: str, model: Model, count: int, seed: int = 0, longest: int | None = None) -> list[Prepared]:
    """`count` requests of a workload, always the same ones for a seed; more of them begin with the same. `longest` cuts
    the answers."""
    kinds = [WORKLOADS[name]] if name != MIXED else list(WORKLOADS.values())
    kinds = [kind for kind in kinds if model.hears or not kind.clips]
    drawn = {kind.name: _drawn(kind, count, seed) for kind in kinds}
    shape = picture_size(model.soft_tokens)
    return [
        _request(row, kind, text, min(answer, longest or answer), model, shape, seed)
        for row in range(count)
        for kind in [kinds[row % len(kinds)]]
        for text, answer in [drawn[kind.name][row]]
    ]


def _drawn(kind: Workload, count: int, seed: int) -> list[tuple[int, int]]:
    text = kind.text.draw(np.random.default_rng([seed, 1]), count)
    answer = kind.answer.draw(np.random.default_rng([seed, 2]), count)
    return [(int(one), int(other)) for one, other in zip(text, answer, strict=True)]


def _request(
    row: int, kind: Workload, text: int, answer: int, model: Model, shape: tuple[int, int], seed: int
) -> Prepared:
    random = np.random.default_rng([seed, 3, row])
    pixels = tuple(_picture(random, shape) for _ in range(kind.images))
    clips = tuple(random.standard_normal((CLIP_FRAMES, 128), np.float32) for _ in range(kind.clips))
    lowest = min(SPECIAL_IDS, model.vocabulary // 2)
    words = random.integers(lowest, model.vocabulary - 64, text)
    words[np.isin(words, (model.image_id, model.audio_id))] = lowest
    soft = shape[0] // SIDE_PX * (shape[1] // SIDE_PX)
    media = [np.full(soft, model.image_id)] * kind.images + [
        np.full(audio_tokens(CLIP_FRAMES), model.audio_id)
    ] * kind.clips
    ids = np.concatenate([words[:4], *media, words[4:]]).astype(np.int32)
    return Prepared(RequestKey(0, row, 0), ids, pixels, clips, max_tokens=answer)


def _picture(random: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.uint8]:
    """[3, height, width]: one random cell all over, which is quick to make and as much work to look at."""
    cell = random.integers(0, 256, (3, SIDE_PX, SIDE_PX), np.uint8)
    return np.tile(cell, (1, shape[0] // SIDE_PX, shape[1] // SIDE_PX))


def picture_size(soft_tokens: int) -> tuple[int, int]:
    """(height, width) in pixels of a picture with at most so many soft tokens, about 3 to 4."""
    rows = max(1, int((soft_tokens * 3 / 4) ** 0.5))
    return rows * SIDE_PX, soft_tokens // rows * SIDE_PX


def prompt_tokens(requests: Sequence[Prepared]) -> int:
    return sum(len(request.token_ids) for request in requests)


def answer_tokens(requests: Sequence[Prepared]) -> int:
    return sum(request.max_tokens for request in requests)
