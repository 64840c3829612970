"""Turn what a lane's pool holds into what the network reads: features, expanded ids, and targets."""

from dataclasses import dataclass

import torch
from torch import Tensor

from demo_model.augment import augment, masked, recoloured, vocal_tract
from demo_model.lanes import Lane
from demo_model.mel import Mel
from demo_model.rows import ANSWER

NO_TARGET = -100


@dataclass(frozen=True)
class Batch:
    """What one lane adds to a step. patches, grid and mel, frames are None where the lane has no such medium."""

    ids: Tensor  # [batch, width], sound not yet expanded
    meta: Tensor  # [batch, 4]
    patches: Tensor | None = None  # [batch * images, soft_tokens * 9, 768], 0 to 1
    grid: Tensor | None = None  # [batch * images, 2]
    mel: Tensor | None = None  # [batch, frames, 128]
    frames: Tensor | None = None  # [batch]


@dataclass(frozen=True)
class Sequence:
    """ids [batch, length]; place of each position's soft token, and whether it has one; the answer's positions."""

    ids: Tensor
    place: Tensor
    is_media: Tensor
    ask: Tensor
    target: Tensor  # [batch, ANSWER], NO_TARGET beyond the answer


def prepare(example: dict[str, Tensor], lane: Lane, mel: Mel, strength: Tensor | None) -> Batch:
    """`example`: a batch out of the pool, one row of ids for each.

    `strength`: 0 to 1 of the distortions of speech; None leaves pictures and sounds as they are.
    """
    patches = grid = features = frames = None
    if lane.images:
        pixels = example["patches"].flatten(0, 1)
        patches, grid = (
            pixels.float() / 255 if strength is None else recoloured(pixels),
            example["grid"].flatten(0, 1).long(),
        )
    if lane.frames:
        if strength is not None:
            wave, samples = augment(example["sound"], example["samples"], strength)
            features, frames = mel(wave, samples, lane.frames, vocal_tract(len(wave), strength))
            features = masked(features, strength)
        else:
            features, frames = mel(example["sound"].float() / 32768, example["samples"].long(), lane.frames)
    return Batch(example["ids"], example["meta"], patches, grid, features, frames)


def sequence(batch: Batch, lane: Lane, image_id: int, audio_id: int) -> Sequence:
    """Expand the sound, and say where every soft token lies among the lane's own ([images' tokens, sound's])."""
    ids, meta = batch.ids.long(), batch.meta.long()
    rows, device = len(ids), ids.device
    position = torch.arange(lane.length, device=device).expand(rows, -1)
    end, start, audio_at = meta[:, 0:1], meta[:, 1:2], meta[:, 2:3]
    sound = torch.zeros_like(end) if batch.frames is None else ((batch.frames[:, None] + 1) // 2 + 1) // 2
    in_sound = (audio_at > 0) & (position >= audio_at) & (position < audio_at + sound)
    source = torch.where((audio_at > 0) & (position >= audio_at + sound), position - sound, position)
    ids = ids.gather(1, source.clamp(0, lane.width - 1))
    end, start = end + sound, start + sound
    ids = torch.where(in_sound, audio_id, ids).masked_fill(position >= end, 0)
    # Positions without a soft token point all over the place: a backward pass dislikes many pointing at one.
    place, in_image = position % max(1, tokens(lane)), ids == image_id
    if batch.grid is not None:
        nth = in_image.cumsum(1) - 1
        first = (batch.grid[:: lane.images, 0] * batch.grid[:: lane.images, 1] // 9)[:, None]
        place = torch.where(in_image, torch.where(nth < first, nth, nth - first + lane.soft_tokens), place)
    place = torch.where(in_sound, position - audio_at + lane.images * lane.soft_tokens, place)
    ask = (start - 1 + torch.arange(ANSWER, device=device)).clamp(max=lane.length - 2)
    following = ask + 1
    target = ids.gather(1, following)
    target = target.masked_fill((following >= end) | (following < start), NO_TARGET)
    return Sequence(ids, place, in_image | in_sound, ask, target)


def tokens(lane: Lane) -> int:
    """Soft tokens that a row of the lane can have."""
    return lane.images * lane.soft_tokens + lane.frames // 4
