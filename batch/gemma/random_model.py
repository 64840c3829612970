"""A Gemma 4 of a published size with random weights, in memory: for measuring speed where no checkpoint is at hand.

It answers nonsense; its shapes, bytes and operations are the published model's. Its tokenizer is the demonstration
model's, since no text is ever looked at.
"""

from pathlib import Path
from typing import Any

import mlx.core as mx
import mlx.nn as nn
from mlx_vlm.models import gemma4
from mlx_vlm.utils import update_module_configs

from batch.gemma.adapter import Gemma, of_model
from batch.gemma.published import GROUP_SIZE, config_of
from batch.gemma.weights import PLE_SAFE

SCALE = 0.02  # of the weights; the norms stay at 1
BOUND = 64.0  # of clipped layers, and a little more for some, so that no two layers' clipping can be done in one


def random_model(size: str, precision: str, *, seed: int = 0) -> Any:
    """mlx-vlm's own model of a published size: `size` of published.SIZES, `precision` of published.PRECISIONS."""
    settings = config_of(size)
    config = update_module_configs(
        gemma4.ModelConfig.from_dict(settings), gemma4, settings, ["text", "vision", "audio"]
    )
    mx.random.seed(seed)
    model = gemma4.Model(config)
    model.set_dtype(mx.bfloat16)
    model.apply(lambda value: value if value.ndim < 2 else (SCALE * mx.random.normal(value.shape)).astype(value.dtype))
    soften(model)
    for number, (_, module) in enumerate(model.named_modules()):
        if getattr(module, "use_clipping", False):  # published checkpoints have finite bounds, which cost their time
            bound = BOUND + number % 8
            module.input_min = module.output_min = mx.array(-bound, mx.bfloat16)
            module.input_max = module.output_max = mx.array(bound, mx.bfloat16)
    if precision != "bf16":
        nn.quantize(
            model,
            group_size=GROUP_SIZE,
            bits=int(precision.removesuffix("bit")),
            class_predicate=lambda name, module: PLE_SAFE.fullmatch(name) is not None,
        )
    model.eval()
    return model


def soften(model: Any) -> None:
    """Gemma 4 does not scale its scores: with norms of 1 and heads of 64 to 512, random attention would be an argmax,
    and rounding would blow up from layer to layer until no two programs agreed."""
    for blocks, factor in ((model.vision_tower.encoder.layers, 0.12), (model.language_model.model.layers, 0.06)):
        for block in blocks:
            block.self_attn.q_norm.weight = factor * block.self_attn.q_norm.weight


def random_gemma(size: str, precision: str, *, seed: int = 0) -> Gemma:
    """The same, as the engine takes it. No token ends a row."""
    model = random_model(size, precision, seed=seed)
    return of_model(model, Path(f"random-{size}-{precision}"), config_of(size, precision), frozenset())
