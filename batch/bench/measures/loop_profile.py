"""Where the time of a request goes that is in none of the pieces: the same requests with something left out, and how
long the host is in which function."""

import cProfile
import pstats
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import mlx.core as mx

from batch.bench.contenders.ours import Ours
from batch.bench.subject import Subject
from batch.prepared import Prepared

LARGE_CACHE_BYTES = 20 * 1024**3  # of freed buffers, where the engine lets MLX keep 1 GiB
FUNCTIONS = 24


def without_this_and_that(subject: Subject, asked: Sequence[Prepared], slots: int) -> dict[str, float]:
    """Milliseconds a request: as it is; with features that are known already; with text as long in place of the
    picture; with more of MLX's freed buffers kept."""
    keyed = [
        replace(request, media_keys=tuple(id(image).to_bytes(8, "little") for image in request.images))
        for request in asked
    ]
    words = subject.model.image_id - 1
    text = [
        replace(request, images=(), token_ids=request.token_ids.clip(None, words), media_keys=()) for request in asked
    ]
    return {
        "as_it_is": _request_ms(subject, asked, slots),
        "features_known": _request_ms(subject, keyed, slots, before=_distinct(keyed)),
        "text_alone": _request_ms(subject, text, slots),
        "large_buffer_cache": _request_ms(subject, asked, slots, cache_bytes=LARGE_CACHE_BYTES),
        "as_it_is_again": _request_ms(subject, asked, slots),
    }


def host_functions(subject: Subject, asked: Sequence[Prepared], slots: int) -> list[dict[str, Any]]:
    """The functions that the host spends most time in, with what they call and without."""
    with closing(Ours(subject.gemma, subject.tokenizer, slots)) as contender:
        profile = cProfile.Profile()
        profile.runcall(contender.run, asked)
    found: list[dict[str, Any]] = []
    stats: Any = pstats.Stats(profile)
    for (file, line, name), (_, calls, own_s, whole_s, _) in stats.stats.items():
        place = f"{Path(file).name}:{line} {name}" if line else name
        found.append({"function": place, "calls": calls, "own_s": round(own_s, 3), "whole_s": round(whole_s, 3)})
    return sorted(found, key=lambda one: -float(one["whole_s"]))[:FUNCTIONS]


def _distinct(asked: Sequence[Prepared]) -> list[Prepared]:
    """A short request for each picture, so that all features are there."""
    return [replace(one, max_tokens=1) for one in {request.media_keys: request for request in asked}.values()]


def _request_ms(
    subject: Subject,
    asked: Sequence[Prepared],
    slots: int,
    *,
    before: Sequence[Prepared] = (),
    cache_bytes: int | None = None,
) -> float:
    with closing(Ours(subject.gemma, subject.tokenizer, slots)) as contender:
        contender.run(before)
        kept = None if cache_bytes is None else mx.set_cache_limit(cache_bytes)
        seconds = _seconds(lambda: contender.run(asked))
        if kept is not None:
            mx.set_cache_limit(kept)
    return 1000 * seconds / len(asked)


def _seconds(run: Callable[[], Any]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began
