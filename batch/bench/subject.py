"""What is measured: a checkpoint on this disk, or random weights of a published size. Loaded once for all."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import mlx.core as mx
from mlx_vlm.utils import load_model

import batch.gemma
from batch.bench.contenders.stock import share_weights
from batch.bench.workloads import DEFAULT_SOFT_TOKENS, Model
from batch.errors import ConfigError
from batch.gemma.adapter import Gemma
from batch.gemma.headers import read_json
from batch.gemma.memory import DType
from batch.gemma.random_model import random_gemma, random_model

DEMO = Path(batch.gemma.__file__).parent / "demo"


@dataclass(frozen=True)
class Subject:
    """`gemma` has no stop tokens: a row ends at its length. `stock` is mlx-vlm's own model over the same arrays.
    `fingerprint` is None for random weights, `path` too."""

    name: str
    gemma: Gemma
    stock: Any
    path: Path | None
    tokenizer: Path
    fingerprint: str | None
    model: Model


def open_checkpoint(name: str, dtype: DType, soft_tokens: int | None = None) -> Subject:
    """Raises ModelError for one that is not on this disk or cannot be run, ConfigError for the fake one."""
    # Late: random weights are measured on machines where little is installed.
    from batch.config.sections import ModelConfig
    from batch.gemma.fingerprint import fingerprint
    from batch.gemma.registry import resolve

    path = resolve(ModelConfig(path=name)).path
    if path is None:
        raise ConfigError(f"model {name!r} has no weights, so there is nothing to measure; use demo, or --config e2b")
    gemma = replace(Gemma.load(path, dtype), stop_ids=frozenset())
    stock = load_model(path, lazy=True, strict=True)
    if dtype != "auto":
        stock.set_dtype(getattr(mx, dtype))
    return _subject(name, gemma, stock, path, fingerprint(path), soft_tokens)


def open_random(size: str, precision: str, soft_tokens: int | None = None) -> Subject:
    """Random weights of a published size and precision."""
    gemma = random_gemma(size, precision)
    return _subject(gemma.path.name, gemma, random_model(size, precision), None, None, soft_tokens)


def _subject(
    name: str, gemma: Gemma, stock: Any, path: Path | None, identity: str | None, soft_tokens: int | None
) -> Subject:
    config = gemma.model.config
    model = Model(
        vocabulary=config.text_config.vocab_size,
        image_id=config.image_token_id,
        audio_id=config.audio_token_id,
        soft_tokens=soft_tokens or (_own_budget(path) if path else DEFAULT_SOFT_TOKENS),
        hears=gemma.model.audio_tower is not None,
    )
    return Subject(name, gemma, share_weights(stock, gemma), path, path or DEMO, identity, model)


def _own_budget(path: Path) -> int:
    """The demonstration model knows pictures of 70 soft tokens only."""
    settings = read_json(path / "processor_config.json").get("image_processor") or {}
    return min(DEFAULT_SOFT_TOKENS, settings.get("max_soft_tokens") or DEFAULT_SOFT_TOKENS)
