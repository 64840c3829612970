"""The vision tower with mlx-vlm's weights, for images of one size at once, in fewer operations than mlx-vlm's own.

The numbers are the same up to rounding (tests hold the features to mlx-vlm's, and tests/gemma/parity to transformers):
- positions are looked up, not multiplied by one-hot rows (0.5 to 2 GB at the published sizes);
- an image fills its grid, so nothing is masked, and pooling is a mean over a reshaped grid;
- rotations' cosines are made once an image size, not in every layer;
- normalisation is MLX's own kernel; a power of two is no general power;
- a bound that is infinite, or equal for layers that read the same input, is applied once or not at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import mlx.core as mx
import numpy as np
from mlx import nn

from batch.gemma.decoding.joined import Joined
from batch.gemma.features import RESCALE


class Clipped:
    """mlx-vlm's clipped linear layers of one input, as one product where their input bounds are the same."""

    def __init__(self, layers: Sequence[Any], dtype: mx.Dtype) -> None:
        self._clips = bool(layers[0].use_clipping)
        self._dtype = dtype
        groups = [layers] if (self._clips and _same_input(layers)) or not self._clips else [[layer] for layer in layers]
        self._parts = [(Joined([layer.linear for layer in group]), *self._bounds(group)) for group in groups]

    def __call__(self, x: mx.array) -> mx.array:
        parts = []
        for product, inside, outside in self._parts:
            out = product(x if inside is None else _within(x, *inside))
            parts.append(out if outside is None else _within(out, *outside))
        return parts[0] if len(parts) == 1 else mx.concatenate(parts, axis=-1)

    def _bounds(self, group: Sequence[Any]) -> tuple[Any, Any]:
        """(low, high) for the input and for each output column; None where neither bound is finite."""
        if not self._clips:
            return None, None
        inside = (group[0].input_min, group[0].input_max)
        outside = tuple(
            mx.concatenate([mx.full((layer.linear.weight.shape[0],), getattr(layer, name)) for layer in group])
            for name in ("output_min", "output_max")
        )
        return _finite(inside, self._dtype), _finite(outside, self._dtype)


def _same_input(layers: Sequence[Any]) -> bool:
    bounds = [(float(layer.input_min.item()), float(layer.input_max.item())) for layer in layers]
    return len(set(bounds)) == 1


def _finite(bounds: tuple[mx.array, ...], dtype: mx.Dtype) -> tuple[mx.array, ...] | None:
    if all(bool(mx.all(mx.isinf(bound)).item()) for bound in bounds):
        return None
    cast = tuple(bound.astype(dtype) for bound in bounds)
    mx.eval(cast)
    return cast


@dataclass(frozen=True)
class _Block:
    module: Any
    heads: int
    dim: int
    qkv: Clipped
    out: Clipped
    gate_up: Clipped
    down: Clipped

    @classmethod
    def of(cls, module: Any) -> "_Block":
        attention, mlp, dtype = module.self_attn, module.mlp, module.input_layernorm.weight.dtype
        return cls(
            module=module,
            heads=attention.num_heads,
            dim=attention.head_dim,
            qkv=Clipped([attention.q_proj, attention.k_proj, attention.v_proj], dtype),
            out=Clipped([attention.o_proj], dtype),
            gate_up=Clipped([mlp.gate_proj, mlp.up_proj], dtype),
            down=Clipped([mlp.down_proj], dtype),
        )

    def __call__(self, x: mx.array, cos: mx.array, sin: mx.array) -> mx.array:
        """`x` [images, patches, hidden]; `cos` and `sin` [patches, 1, 2, 2, dim / 4]."""
        module = self.module
        images, patches, _ = x.shape
        q, k, v = self._heads(module.input_layernorm(x).reshape(images, patches, -1))
        q, k = (_rotate(part, cos, sin).transpose(0, 2, 1, 3) for part in (q, k))
        attended = _attend(q, k, v.transpose(0, 2, 1, 3)).transpose(0, 2, 1, 3).reshape(images, patches, -1)
        x = x + module.post_attention_layernorm(self.out(attended))
        gate, up = mx.split(self.gate_up(module.pre_feedforward_layernorm(x)), 2, axis=-1)
        fed = self.down(_gated(gate, up))
        out: mx.array = x + module.post_feedforward_layernorm(fed)
        return out

    def _heads(self, x: mx.array) -> tuple[mx.array, mx.array, mx.array]:
        attention = self.module.self_attn
        joined = self.qkv(x).reshape(x.shape[0], x.shape[1], -1, self.dim)
        q, k, v = mx.split(joined, [self.heads, joined.shape[2] - attention.num_kv_heads], axis=2)
        eps = attention.q_norm.eps
        return (
            mx.fast.rms_norm(q, attention.q_norm.weight, eps),
            mx.fast.rms_norm(k, attention.k_norm.weight, eps),
            mx.fast.rms_norm(v, None, eps),
        )


def _rotate(x: mx.array, cos: mx.array, sin: mx.array) -> mx.array:
    """Each half of a head turns by the patch's column or row; within it, first and second half are the two parts."""
    parts = x.reshape(*x.shape[:-1], 2, 2, -1)
    turned: mx.array = _turned(parts, parts[..., ::-1, :], cos, sin).reshape(x.shape)
    return turned


# One kernel each, whatever the shapes: a picture's size is rarely the last one's.
@partial(mx.compile, shapeless=True)
def _turned(parts: mx.array, swapped: mx.array, cos: mx.array, sin: mx.array) -> mx.array:
    return parts * cos + swapped * sin


@partial(mx.compile, shapeless=True)
def _within(x: mx.array, low: mx.array, high: mx.array) -> mx.array:
    return mx.minimum(mx.maximum(x, low), high)


@partial(mx.compile, shapeless=True)
def _gated(gate: mx.array, up: mx.array) -> mx.array:
    out: mx.array = nn.gelu_approx(gate) * up
    return out


def _attend(q: mx.array, k: mx.array, v: mx.array) -> mx.array:
    """MLX's fused kernel takes heads of 64, 80 and 128: others are filled up with zeros. The scores are not scaled."""
    dim = q.shape[-1]
    target = next((size for size in (64, 80, 128) if size >= dim), dim)
    if target != dim:
        q, k, v = (mx.pad(part, [(0, 0)] * 3 + [(0, target - dim)]) for part in (q, k, v))
    out: mx.array = mx.fast.scaled_dot_product_attention(q, k, v, scale=1.0)[..., :dim]
    return out


def unit(pixels: mx.array) -> mx.array:
    """uint8 -> float32 in 0..1, the very numbers that the library's processor makes (tests hold all 256 equal)."""
    return pixels.astype(mx.float32) * mx.array(RESCALE, mx.float32)


class VisionTower:
    """mlx-vlm's `vision_tower` and `embed_vision` of a loaded model."""

    def __init__(self, model: Any) -> None:
        self._tower = model.vision_tower
        self._embed = model.embed_vision
        config = self._tower.config
        self._patch, self._pool = config.patch_size, config.pooling_kernel_size
        self._theta = config.rope_parameters["rope_theta"]
        self._dim = config.head_dim
        self._blocks = [_Block.of(layer) for layer in self._tower.encoder.layers]
        self._turns: dict[tuple[int, int], tuple[mx.array, mx.array]] = {}

    def __call__(self, pixels: mx.array) -> mx.array:
        """uint8 [images, 3, height, width] -> [images, soft tokens, hidden of the text model]."""
        images, _, height, width = pixels.shape
        grid = height // self._patch, width // self._patch
        cos, sin = self._turn(grid)
        patches = pixels.reshape(images, 3, grid[0], self._patch, grid[1], self._patch).transpose(0, 2, 4, 3, 5, 1)
        embedder = self._tower.patch_embedder
        signed = 2 * (unit(patches.reshape(images, grid[0] * grid[1], -1)) - 0.5)
        table = embedder.position_embedding_table
        places = table[0, : grid[1]][None, :] + table[1, : grid[0]][:, None]
        flat = signed.astype(embedder.input_proj.weight.dtype)
        x = embedder.input_proj(flat) + places.reshape(1, grid[0] * grid[1], -1)
        for block in self._blocks:
            x = block(x, cos, sin)
        pooled = x.reshape(images, grid[0] // self._pool, self._pool, grid[1] // self._pool, self._pool, -1)
        means = mx.mean(pooled.astype(mx.float32), axis=(2, 4)).astype(x.dtype)
        soft = means.reshape(images, -1, x.shape[-1]) * self._tower.pooler.root_hidden_size
        if self._tower.config.standardize:
            soft = (soft - self._tower.std_bias) * self._tower.std_scale
        features: mx.array = self._embed(soft)
        return features

    def _turn(self, grid: tuple[int, int]) -> tuple[mx.array, mx.array]:
        """cos and signed sin [patches, 1, 2 (column, row), 2 (parts), dim / 4] of a grid (rows, columns) of patches."""
        if grid not in self._turns:
            quarter = self._dim // 4
            scale = np.float32(self._theta) ** (np.arange(quarter, dtype=np.float32) / np.float32(quarter))
            row, column = np.divmod(np.arange(grid[0] * grid[1]), grid[1])
            angle = np.stack([column, row], axis=-1).astype(np.float32)[:, :, None] / scale
            both = np.stack([angle, angle], axis=2)[:, None]
            sign = np.array([-1, 1], np.float32)[:, None]
            dtype = self._tower.patch_embedder.input_proj.weight.dtype
            self._turns[grid] = mx.cos(mx.array(both)).astype(dtype), (mx.sin(mx.array(both)) * sign).astype(dtype)
            mx.eval(self._turns[grid])
        return self._turns[grid]
