"""mlx-vlm as it comes: its own classes over the same weights' arrays, and what its contenders share.

Its `BatchGenerator` raises MLX's wired limit, which is linked to kernel panics (mlx issue 3186); measuring must not
bring a machine down, so that call is left out here as it is in the engine.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from types import SimpleNamespace
from typing import Any

import mlx.core as mx
import numpy as np
from mlx.utils import tree_flatten, tree_unflatten
from mlx_vlm.generate import ar

from batch.bench.contenders.contender import Tokens
from batch.gemma.adapter import Gemma
from batch.gemma.decoding.prompt import AUDIO, IMAGE
from batch.gemma.decoding.vision import unit
from batch.prepared import Prepared


def share_weights(model: Any, gemma: Gemma) -> Any:
    """`model` (mlx-vlm's, not computed yet) with the arrays that `gemma` has under the same names and shapes."""
    present = dict(tree_flatten(gemma.model.parameters()))
    shared = [
        (name, present[name])
        for name, value in tree_flatten(model.parameters())
        if name in present and present[name].shape == value.shape and present[name].dtype == value.dtype
    ]
    model.update(tree_unflatten(shared))
    mx.eval(model.parameters())
    model.eval()
    return model


def inputs_of(model: Any, requests: Sequence[Prepared]) -> tuple[mx.array, mx.array, dict[str, Any]]:
    """Ids and mask [rows, longest], padded on the left as mlx-vlm does, and the media: requests of one shape."""
    longest = max(len(request.token_ids) for request in requests)
    ids = np.zeros((len(requests), longest), np.int32)
    mask = np.zeros_like(ids)
    for place, request in enumerate(requests):
        ids[place, longest - len(request.token_ids) :] = request.token_ids
        mask[place, longest - len(request.token_ids) :] = 1
    kinds = np.where(ids == model.config.image_token_id, IMAGE, np.where(ids == model.config.audio_token_id, AUDIO, 0))
    media: dict[str, Any] = {"mm_token_type_ids": mx.array(kinds.astype(np.int32))}
    images = [image for request in requests for image in request.images]
    clips = [clip for request in requests for clip in request.audio]
    if images:
        media["pixel_values"] = unit(mx.array(np.stack(images)))  # its own processor makes floats of them
    if clips:
        media["input_features"] = mx.array(np.stack(clips))
        media["input_features_mask"] = mx.ones(media["input_features"].shape[:2], dtype=mx.bool_)
    return mx.array(ids), mx.array(mask), media


def generator(model: Any, slots: int, prefill: int) -> Any:
    """mlx-vlm's BatchGenerator in which no token ends a row."""
    wired_limit = ar.wired_limit
    ar.wired_limit = lambda model, streams=None: nullcontext()
    try:
        return ar.BatchGenerator(
            model.language_model,
            SimpleNamespace(stopping_criteria=_Never()),
            completion_batch_size=slots,
            prefill_batch_size=prefill,
            compute_logprobs=False,
        )
    finally:
        ar.wired_limit = wired_limit


@contextmanager
def running(made: Any) -> Iterator[Any]:
    try:
        yield made
    finally:
        made.close()


def insert(made: Any, model: Any, requests: Sequence[Prepared]) -> list[int]:
    """Encode requests of one shape together and queue them: what `batch_generate` does with its inputs."""
    ids, mask, media = inputs_of(model, requests)
    pixels = media.pop("pixel_values", None)
    with mx.stream(made._stream):
        embedded = model.get_input_embeddings(ids, pixels, mask=mask, **media)
    arguments = {**media, **{name: value for name, value in embedded.to_dict().items() if value is not None}}
    for name in ("input_features", "input_features_mask"):  # the language model takes neither
        arguments.pop(name, None)
    rows: list[int] = made.insert(
        ids,
        [request.max_tokens for request in requests],
        prompt_kwargs=ar._split_prompt_kwargs_per_row(arguments, len(requests)),
        attention_mask=mask,
    )
    return rows


def by_shape(requests: Sequence[Prepared]) -> list[list[Prepared]]:
    """Groups whose media can be stacked, in order of their first request."""
    groups: dict[tuple[Any, ...], list[Prepared]] = {}
    for request in requests:
        shape = (tuple(image.shape for image in request.images), tuple(clip.shape for clip in request.audio))
        groups.setdefault(shape, []).append(request)
    return list(groups.values())


def take(made: Any, rows: dict[int, Prepared], tokens: Tokens) -> None:
    """One `next`, and its tokens; rows that ended leave `rows`."""
    _, responses = made.next()
    for response in responses:
        tokens.setdefault(rows[response.uid].key, []).append(int(response.token))
        if response.finish_reason is not None:
            del rows[response.uid]


class _Never:
    """A stop criterion that stops nothing."""

    def add_eos_token_ids(self, ids: Sequence[int] | None) -> None: ...

    def __call__(self, token: int) -> bool:
        return False
