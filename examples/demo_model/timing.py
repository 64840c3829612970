"""How long the demo model takes to load, and with a picture: preparing, the vision tower, prefill and decoding.

python -m demo_model.timing ../batch/gemma/demo        # on as many cores as it may use: taskset -c 0,1 python -m ...
"""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from batch.gemma.adapter import Gemma
from batch.gemma.mlx_engine import MLXEngine
from batch.gemma.processor import Processor
from batch.media.image import ImageLimits, load
from batch.prepared import Prepared
from batch.records import RequestKey

PHOTOS = Path(__file__).parent.parent / "photos"
SLOTS = 8
TIMES = 3  # the median of so many, after one that is not counted


def median(seconds: list[float]) -> float:
    return sorted(seconds)[len(seconds) // 2]


def timed(work: Callable[[], object], times: int = TIMES) -> float:
    """Seconds that `work()` takes."""
    found = []
    for _ in range(times + 1):
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return median(found[1:])


def prepared(processor: Processor, pictures: list[bytes]) -> list[Prepared]:
    return [
        processor.prepare(
            RequestKey(0, number, 0),
            prompt="Describe this image.",
            images=[load(picture, ImageLimits())],
            audio=[],
            soft_tokens=70,
            max_tokens=64,
        )
        for number, picture in enumerate(pictures)
    ]


def answer(engine: MLXEngine, requests: list[Prepared]) -> int:
    """Tokens written."""
    tokens, waiting = 0, list(requests)
    while waiting or engine.running:
        while waiting and engine.running < engine.slots + engine.ahead:
            engine.insert(waiting.pop(0))
        tokens += sum(done.completion_tokens for done in engine.step())
    return tokens


def main() -> None:
    folder = Path(sys.argv[1])
    pictures = [path.read_bytes() for path in sorted(PHOTOS.rglob("scene-*"))]
    loading = timed(lambda: Gemma.load(folder))
    gemma, processor = Gemma.load(folder), Processor.load(folder)
    preparing = timed(lambda: prepared(processor, pictures))
    requests = prepared(processor, pictures)
    keyed = [replace(request, media_keys=(bytes([number + 1]),)) for number, request in enumerate(requests)]
    seen = MLXEngine(folder, slots=SLOTS, loaded=gemma)  # knows its pictures' features after the first time
    decoding = timed(lambda: answer(seen, keyed))
    everything = timed(lambda: answer(MLXEngine(folder, slots=SLOTS, loaded=gemma, reuse=False), requests))
    tokens, count = answer(seen, keyed), len(pictures)
    print(f"{len(os.sched_getaffinity(0))} cores; loading {loading:.2f} s; {count} pictures, each:")
    print(f"  preparing           {preparing / count:.3f} s, on one core")
    print(f"  vision tower        {(everything - decoding) / count:.3f} s")
    print(f"  prefill, decoding   {decoding / count:.3f} s: {tokens / count:.1f} tokens, {SLOTS} slots")


if __name__ == "__main__":
    main()
