"""mlx-vlm's BatchGenerator over a checkpoint: the reference that our own decode loop is compared with.

Its three faults (adapter.py) are corrected in their own terms: masks by a subclass, media encoded one at a time.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mlx.core as mx
import numpy as np
from mlx_vlm.generate import ar
from mlx_vlm.models.gemma4.language import Gemma4TextModel, LanguageModel
from numpy.typing import NDArray

from batch.gemma.adapter import Gemma
from batch.gemma.decoding.prompt import AUDIO, IMAGE
from batch.gemma.decoding.vision import unit
from batch.gemma.features import audio_tokens
from batch.prepared import Prepared


class ReferenceMasks(Gemma4TextModel):  # type: ignore[misc]
    """The text model with the reference's masks for images: full layers causal; sliding layers
    AND(window, OR(causal, same image)) (transformers, create_masks_for_vision_model)."""

    def _make_masks(self, h: mx.array, cache: list[Any], mm_token_type_ids: mx.array | None = None) -> list[Any]:
        masks: list[Any] = super()._make_masks(h, cache, None)
        if self.config.use_bidirectional_attention != "vision" or mm_token_type_ids is None or h.shape[1] == 1:
            return masks
        image = mm_token_type_ids == IMAGE
        if not mx.any(image).item():
            return masks
        if image.shape != h.shape[:2] or any(entry is not None and entry.offset for entry in cache):
            raise ValueError("a prompt with images must be prefilled whole, by itself, into an empty cache")
        sliding = self._image_mask(image)
        return [
            sliding if layer.layer_type == "sliding_attention" else mask
            for layer, mask in zip(self.layers, masks, strict=True)
        ]

    def _image_mask(self, image: mx.array) -> mx.array:
        """bool [1, 1, n, n], true where query (row) may see key (column); `image` is bool [1, n]."""
        before = mx.concatenate([mx.zeros_like(image[:, :1]), image[:, :-1]], axis=1)
        group = mx.where(image, mx.cumsum((image & ~before).astype(mx.int32), axis=1), 0)
        same_image = (group[:, :, None] == group[:, None, :]) & image[:, :, None]
        position = mx.arange(image.shape[1])
        distance = position[:, None] - position[None, :]
        visible: mx.array = (((distance >= 0) | same_image) & (distance < self.window_size))[:, None]
        return visible


class WholeLogits(LanguageModel):  # type: ignore[misc]
    """The language model with float32 logits. mlx-vlm normalises logits before the argmax; in bfloat16 that makes
    different ones equal, and a sampled neighbour, whose row is float32, would change what a greedy row takes."""

    def logits_from_hidden(self, hidden: mx.array) -> mx.array:
        logits: mx.array = super().logits_from_hidden(hidden).astype(mx.float32)
        return logits


def of_reference(gemma: Gemma) -> Any:
    """The checkpoint's model with the corrected masks and float32 logits. It changes the model's classes in place."""
    gemma.model.language_model.__class__ = WholeLogits
    gemma.model.language_model.model.__class__ = ReferenceMasks
    return gemma.model


def embed(model: Any, prepared: Prepared) -> tuple[list[int], dict[str, mx.array]]:
    """Its ids, and `inputs_embeds` [1, n, hidden] with what goes with it. One image and one clip at a time."""
    ids = prepared.token_ids.astype(np.int32)
    # Placeholders get the PLE of the pad token and, for now, their own embedding.
    plain = model.get_input_embeddings(mx.array(ids)[None])
    hidden = plain.inputs_embeds
    kinds = np.zeros_like(ids)
    for kind, token_id, clips, encode in (
        (IMAGE, model.config.image_token_id, prepared.images, image_features),
        (AUDIO, model.config.audio_token_id, prepared.audio, clip_features),
    ):
        places = np.flatnonzero(ids == token_id)
        kinds[places] = kind
        features = [encode(model, clip) for clip in clips]
        if features:
            hidden[:, mx.array(places)] = mx.concatenate(features, axis=1).astype(hidden.dtype)
    arguments = {"inputs_embeds": hidden, "mm_token_type_ids": mx.array(kinds)[None]}
    if plain.per_layer_inputs is not None:
        arguments["per_layer_inputs"] = plain.per_layer_inputs
    mx.eval(arguments)
    return ids.tolist(), arguments


def image_features(model: Any, pixels: NDArray[np.uint8]) -> mx.array:
    """[3, height, width] -> [1, soft tokens, hidden]."""
    features: mx.array = model.encode_image(unit(mx.array(pixels))[None])
    return features


def clip_features(model: Any, mel: NDArray[np.float32]) -> mx.array:
    """[frames, 128], all valid -> [1, soft tokens, hidden]."""
    encoded, _ = model.audio_tower(mx.array(mel)[None], mx.zeros((1, len(mel)), dtype=mx.bool_))
    features: mx.array = model.embed_audio(encoded)
    return features[:, : audio_tokens(len(mel))]


def answer(path: Path, requests: Iterable[Prepared], *, slots: int, dtype: Any = "auto") -> dict[int, list[int]]:
    """Each row's tokens as BatchGenerator chooses them; a free slot takes the next request at once."""
    gemma = Gemma.load(path, dtype)
    model, waiting, rows = of_reference(gemma), list(requests), dict[int, int]()
    tokens: dict[int, list[int]] = {}
    with _unwired():
        generator = ar.BatchGenerator(
            model.language_model,
            SimpleNamespace(stopping_criteria=_StopCriterion(gemma.stop_ids)),
            completion_batch_size=slots,
            prefill_batch_size=1,  # left-padded prefills of several rows corrupt rows with images
            sampler=lambda logprobs: mx.argmax(logprobs, axis=-1),
            compute_logprobs=False,
        )
    while waiting or rows:
        while waiting and len(rows) < slots and not generator.has_pending_prompts:
            request = waiting.pop(0)
            with mx.stream(generator.stream):
                ids, arguments = embed(model, request)
            (uid,) = generator.insert([ids], [request.max_tokens], [arguments])
            rows[uid] = request.key.row
        _, responses = generator.next()
        for response in responses:
            tokens.setdefault(rows[response.uid], []).append(response.token)
            if response.finish_reason:
                del rows[response.uid]
    generator.close()
    return tokens


class _StopCriterion:
    def __init__(self, stop_ids: frozenset[int]) -> None:
        self._stop_ids = stop_ids

    def add_eos_token_ids(self, ids: Sequence[int] | None) -> None:
        if ids is not None:
            raise ValueError("stop tokens come from the checkpoint")

    def __call__(self, token: int) -> bool:
        return token in self._stop_ids


@contextmanager
def _unwired() -> Iterator[None]:
    """BatchGenerator's constructor calls mx.set_wired_limit, which together with batches that admit rows midway
    is linked to kernel panics (mlx issue 3186)."""
    wired_limit = ar.wired_limit
    ar.wired_limit = lambda model, streams=None: nullcontext()
    try:
        yield
    finally:
        ar.wired_limit = wired_limit
