"""One forward pass over all lanes: towers once per shape, the decoder once per length."""

from collections import defaultdict
from collections.abc import Callable, Iterable

import torch
import torch.nn.functional as F
from torch import Tensor

from demo_model.batch import NO_TARGET, Batch, Sequence, sequence, tokens
from demo_model.lanes import Lane
from demo_model.network.gemma import Gemma4

Lanes = list[tuple[Lane, Batch]]


def forward(model: Gemma4, lanes: Lanes, image_id: int, audio_id: int) -> list[tuple[Tensor, Tensor]]:
    """Logits and targets of each lane, [batch, answer, vocabulary] and [batch, answer]."""
    seen = _by_shape(lanes, lambda lane, batch: None if batch.patches is None else batch.patches.shape[1])
    heard = _by_shape(lanes, lambda lane, batch: None if batch.mel is None else batch.mel.shape[1])
    features: dict[int, list[Tensor]] = defaultdict(list)
    dtype = model.language_model.embed_tokens.weight.dtype
    for group in seen.values():
        pictures = torch.cat([_need(lanes[i][1].patches) for i in group]).to(dtype)
        tokens_ = model.see(pictures, torch.cat([_need(lanes[i][1].grid) for i in group]))
        sizes = [len(_need(lanes[i][1].patches)) for i in group]
        for i, part in zip(group, tokens_.split(sizes), strict=True):
            features[i].append(part.reshape(part.shape[0] // lanes[i][0].images, -1, part.shape[-1]))
    for group in heard.values():
        sounds = torch.cat([_need(lanes[i][1].mel) for i in group]).to(dtype)
        tokens_ = model.hear(sounds, torch.cat([_need(lanes[i][1].frames) for i in group]))
        for i, part in zip(group, tokens_.split([len(lanes[i][1].ids) for i in group]), strict=True):
            features[i].append(part)
    sequences = [sequence(batch, lane, image_id, audio_id) for lane, batch in lanes]
    logits: dict[int, Tensor] = {}
    for group in _by_shape(lanes, lambda lane, batch: lane.length).values():
        out = _decode(model, [(lanes[i][0], sequences[i], features[i]) for i in group])
        for i, part in zip(group, out.split([len(sequences[i].ids) for i in group]), strict=True):
            logits[i] = part
    return [(logits[i], sequences[i].target) for i in range(len(lanes))]


def losses(answers: Iterable[tuple[Tensor, Tensor]]) -> list[Tensor]:
    """Mean loss of each lane: a row's sum over its answer, divided by the root of its length."""
    out = []
    for logits, target in answers:
        each = F.cross_entropy(logits.flatten(0, 1), target.flatten(), ignore_index=NO_TARGET, reduction="none")
        length = (target != NO_TARGET).sum(1).clamp(min=1)
        out.append((each.view_as(target).sum(1) / length.sqrt()).mean())
    return out


def right(logits: Tensor, target: Tensor) -> Tensor:
    """Rows whose every token is the likeliest: exactly those that greedy decoding answers right."""
    return ((logits.argmax(-1) == target) | (target == NO_TARGET)).all(1)


def _decode(model: Gemma4, parts: list[tuple[Lane, Sequence, list[Tensor]]]) -> Tensor:
    hidden = model.language_model.hidden
    rows = []
    for lane, made, features in parts:
        if not features:
            rows.append(torch.zeros((*made.ids.shape, hidden), device=made.ids.device, dtype=_dtype(model)))
            continue
        soft = torch.cat(features, 1)
        place = made.place.clamp(max=tokens(lane) - 1)[..., None].expand(-1, -1, hidden)
        rows.append(soft.gather(1, place))
    ids, is_media, ask = (
        torch.cat([getattr(made, name) for _, made, _ in parts]) for name in ("ids", "is_media", "ask")
    )
    return model.language_model(ids, torch.cat(rows), is_media, ask)


def _dtype(model: Gemma4) -> torch.dtype:
    return model.language_model.embed_tokens.weight.dtype


def _by_shape(lanes: Lanes, shape: Callable[[Lane, Batch], int | None]) -> dict[int, list[int]]:
    groups: dict[int, list[int]] = defaultdict(list)
    for index, (lane, batch) in enumerate(lanes):
        if (key := shape(lane, batch)) is not None:
            groups[key].append(index)
    return groups


def _need(tensor: Tensor | None) -> Tensor:
    if tensor is None:
        raise ValueError("a lane without this medium was grouped with lanes that have it")
    return tensor
