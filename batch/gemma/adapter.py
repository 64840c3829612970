"""Loading a checkpoint with mlx-vlm's model classes. What else of mlx-vlm is stood on is in `decoding/`.

Three faults of mlx-vlm 0.7.10 against the reference (transformers) are corrected:
- *image masks*: where a model lets image tokens see each other (26B, 31B), the reference does so on sliding
  layers only and only within the window; mlx-vlm does it on all layers (`decoding/prefill.py`);
- *audio placeholders*: the reference counts what two stride-2 convolutions leave of the mel frames, not
  milliseconds (`features.audio_tokens`; mlx-vlm fills a wrong count with wrapped features, here it is refused);
- *several clips*: only a clip's valid frames are used (`decoding/encode.py`).
`tests/gemma/test_contract.py` fails when what these files stand on has moved.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlx.core as mx
from mlx.utils import tree_flatten
from mlx_vlm.utils import load_model

from batch.errors import ModelError
from batch.gemma.decoding.encode import Encoder, Refused, Towers
from batch.gemma.decoding.prefill import Prefill
from batch.gemma.decoding.prompt import Prompt
from batch.gemma.decoding.text import TextLayers
from batch.gemma.headers import read_json
from batch.gemma.memory import DType
from batch.prepared import Prepared


@dataclass(frozen=True)
class Gemma:
    """A loaded checkpoint."""

    path: Path
    model: Any
    config: dict[str, Any]
    stop_ids: frozenset[int]
    dtype: str
    parameters: int
    nbytes: int
    text: TextLayers
    towers: Towers

    @classmethod
    def load(cls, path: Path, dtype: DType = "auto") -> "Gemma":
        """Read the weights strictly (every tensor present, none left over) and cast them.

        Raises ModelError for a checkpoint that is missing, incomplete, of another architecture, or that
        this backend cannot run.
        """
        config = read_json(path / "config.json")
        if config.get("model_type") != "gemma4":
            raise ModelError(
                f"{path / 'config.json'}: model_type is {config.get('model_type')!r}; only 'gemma4' checkpoints "
                "(E2B, E4B, 26B-A4B, 31B) are supported"
            )
        try:
            model = load_model(path, lazy=True, strict=True)
            if dtype != "auto":
                model.set_dtype(getattr(mx, dtype))
        except (OSError, ValueError, KeyError, RuntimeError) as exc:
            raise ModelError(f"{path}: the checkpoint cannot be loaded: {exc}") from exc
        _refuse_what_the_cpu_cannot_run(path, model)
        return of_model(model, path, config, _stop_ids(path, config))

    def encoder(self, *, reuse: bool = True) -> Encoder:
        return Encoder(self.towers, reuse=reuse)

    def logits(self, prepared: Prepared) -> mx.array:
        """float32 [tokens, vocabulary]: every position's logits, for comparison with the reference.

        Raises RowError where placeholders and features differ in number, or a tower is absent.
        """
        logits: mx.array = Prefill(self.text, [self.prompt(prepared)]).all_logits()[0].astype(mx.float32)
        return logits

    def prompt(self, prepared: Prepared) -> Prompt:
        """A request alone, its media encoded."""
        encoder = self.encoder()
        encoder.add(0, prepared)
        while encoder:
            for done in encoder.advance():
                if isinstance(done, Refused):
                    raise done.error
                return done[1]
        raise ValueError("nothing to encode")


def of_model(model: Any, path: Path, config: dict[str, Any], stop_ids: frozenset[int]) -> Gemma:
    """mlx-vlm's model, its weights in memory (and some of them joined: decoding/joined.py)."""
    mx.eval(model.parameters())
    weights = tree_flatten(model.parameters())
    return Gemma(
        path=path,
        model=model,
        config=config,
        stop_ids=stop_ids,
        dtype=str(model.language_model.model.norm.weight.dtype).removeprefix("mlx.core."),
        parameters=_count_parameters(model),
        nbytes=sum(value.nbytes for _, value in weights),
        text=TextLayers(model.language_model),
        towers=Towers(model, path.name),
    )


def _refuse_what_the_cpu_cannot_run(path: Path, model: Any) -> None:
    """MLX's CPU backend has the experts' gathered matrix product in float32 only (and quantised)."""
    if mx.default_device() != mx.Device(mx.cpu):
        return
    for name, value in tree_flatten(model.parameters()):
        if ".experts." in name and name.endswith(".weight") and value.dtype in (mx.bfloat16, mx.float16):
            raise ModelError(
                f"{path}: MLX's CPU backend cannot run a mixture of experts in {value.dtype}; "
                "set `model.dtype: float32`, or use a quantised checkpoint"
            )


def _count_parameters(model: Any) -> int:
    """Weights as they were before quantisation: packed ones count by their bits, scales and biases not at all."""
    packed = {f"{name}.weight": 32 // module.bits for name, module in model.named_modules() if hasattr(module, "bits")}
    skipped = {f"{name.removesuffix('.weight')}.{part}" for name in packed for part in ("scales", "biases")}
    return sum(
        value.size * packed.get(name, 1) for name, value in tree_flatten(model.parameters()) if name not in skipped
    )


def _stop_ids(path: Path, config: dict[str, Any]) -> frozenset[int]:
    """Every end-of-sequence id the checkpoint names, in generation_config.json or config.json."""
    generation = path / "generation_config.json"
    named = [config.get("eos_token_id"), read_json(generation).get("eos_token_id") if generation.exists() else None]
    ids = {id for value in named if value is not None for id in (value if isinstance(value, list) else [value])}
    if not ids:
        raise ModelError(f"{path}: neither generation_config.json nor config.json names an eos_token_id")
    return frozenset(ids)
