"""Requests for tiny checkpoints, made by hand: text of many lengths, images of five sizes, audio of ten lengths."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from batch.gemma.features import audio_tokens
from batch.gemma.mlx_engine import MLXEngine
from batch.prepared import Prepared
from batch.records import Completion, RequestKey
from tests.gemma.tiny import SPECIAL, Architecture, Noise

IMAGE_SIZES = ((48, 96), (96, 96), (144, 192), (240, 144), (336, 240))  # height, width; 2 to 35 soft tokens
CLIP_FRAMES = (17, 30, 43, 58, 71, 86, 99, 120, 147, 180)  # mel frames; 5 to 45 soft tokens
TEXT_LENGTHS = (1, 3, 8, 15, 24, 31, 32, 33, 50, 90)  # the window is 32


def image(noise: Noise, height: int, width: int) -> NDArray[np.uint8]:
    """[3, height, width]."""
    return noise.integers(0, 256, 3 * height * width).reshape(3, height, width).astype(np.uint8)


def mel(noise: Noise, frames: int) -> NDArray[np.float32]:
    """[frames, 128] log-mel, in the range that speech has."""
    return (noise(frames, 128) * np.float32(1.5) - np.float32(3)).astype(np.float32)


def prepared(row: int, parts: Sequence[NDArray[Any] | list[int]], **settings: Any) -> Prepared:
    """A request of text (lists of ids), images (3 axes) and clips (2 axes), in that order."""
    ids, images, clips = [SPECIAL["<bos>"], SPECIAL["<|turn>"]], [], []
    for part in parts:
        if isinstance(part, list):
            ids += part
        elif part.ndim == 3:
            images.append(part)
            count = part.shape[1] * part.shape[2] // 48**2
            ids += [SPECIAL["<|image>"], *[SPECIAL["<|image|>"]] * count, SPECIAL["<image|>"]]
        else:
            clips.append(part)
            count = audio_tokens(len(part))
            ids += [SPECIAL["<|audio>"], *[SPECIAL["<|audio|>"]] * count, SPECIAL["<audio|>"]]
    ids += [SPECIAL["<turn|>"], SPECIAL["<|turn>"]]
    return Prepared(RequestKey(0, row, 0), np.array(ids, np.int32), tuple(images), tuple(clips), **settings)


def mixed(architecture: Architecture, count: int) -> list[Prepared]:
    """`count` requests of changing kind, size and number of tokens to answer with."""
    noise = Noise(7)
    rows = []
    for row in range(count):
        text = noise.integers(300, 1016, TEXT_LENGTHS[row % 10]).tolist()
        kind = row // 10 % 5
        parts: list[Any] = [text]
        if kind in (1, 4) or (kind in (2, 3) and architecture != "e"):
            parts.insert(0, image(noise, *IMAGE_SIZES[row % 5]))
        if kind in (2, 4) and architecture == "e":
            parts.append(mel(noise, CLIP_FRAMES[row % 10]))
        if kind == 3 and architecture == "e":
            parts += [mel(noise, CLIP_FRAMES[row % 10]), mel(noise, CLIP_FRAMES[(row + 3) % 10])]
        elif kind == 3:
            parts.append(image(noise, *IMAGE_SIZES[(row + 2) % 5]))
        rows.append(prepared(row, parts, max_tokens=6 + row % 7))
    return rows


def answer(
    path: Path, requests: Iterable[Prepared], *, slots: int, **settings: Any
) -> tuple[dict[int, list[int]], dict[int, Completion]]:
    """Each row's tokens as they were chosen, and its completion; a free slot takes the next request at once."""
    tokens: dict[int, list[int]] = {}
    engine = MLXEngine(
        path, slots=slots, on_token=lambda key, token: tokens.setdefault(key.row, []).append(token), **settings
    )
    try:
        completions = run(engine, requests)
    finally:
        engine.close()
    return tokens, completions


def run(
    engine: MLXEngine, requests: Iterable[Prepared], each_step: Callable[[int], None] = lambda step: None
) -> dict[int, Completion]:
    waiting, ended, step = list(requests), {}, 0
    while waiting or engine.running:
        while waiting and engine.running < engine.slots + engine.ahead:
            engine.insert(waiting.pop(0))
        for completion in engine.step():
            ended[completion.key.row] = completion
        each_step(step)
        step += 1
    return ended
