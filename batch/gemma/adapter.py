"""The one place that knows mlx-vlm's internals: loading, the embeddings of one request, the running batch.

Three faults of mlx-vlm 0.7.10 against the reference (transformers) are corrected here:
- *image masks*: where a model lets image tokens see each other (26B, 31B), the reference does so on sliding
  layers only and only within the window; mlx-vlm does it on all layers (`ReferenceMasks`);
- *audio placeholders*: the reference counts what two stride-2 convolutions leave of the mel frames, not
  milliseconds (`features.audio_tokens`; mlx-vlm fills a wrong count with wrapped features, here it is refused);
- *several clips*: each is encoded alone, with its valid frames only (`Gemma.embed`).
`tests/gemma/test_contract.py` fails when what this file stands on has moved.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal, NamedTuple

import mlx.core as mx
import numpy as np
from mlx.utils import tree_flatten
from mlx_vlm.generate import ar
from mlx_vlm.models.gemma4.language import Gemma4TextModel, LanguageModel
from mlx_vlm.utils import load_model
from numpy.typing import NDArray

from batch.errors import ModelError, RowError
from batch.gemma.features import audio_tokens
from batch.gemma.headers import read_json
from batch.gemma.memory import DType
from batch.records import Prepared

IMAGE, AUDIO = 1, 3  # mm_token_type_ids
AUDIO_BUCKETS = (100, 250, 500, 1000, 1500, 2000, 2500, 3000)  # mel frames of 10 ms that a clip is filled up to
NAN = -1  # stands for a token where the logits were not numbers

LogitsProcessor = Callable[[mx.array, mx.array], mx.array]


class Embedded(NamedTuple):
    """A request as the language model takes it: its ids, and `inputs_embeds` [1, n, hidden] with what goes with it."""

    ids: list[int]
    arguments: dict[str, mx.array]


class Token(NamedTuple):
    """One row's next token. `ends` says why the row ended with it; a stop token is no part of the answer."""

    row: int
    id: int
    ends: Literal["stop", "length"] | None


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
            raise ModelError("a prompt with images must be prefilled whole, by itself, into an empty cache")
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

    def embed(self, prepared: Prepared) -> Embedded:
        """Run the towers one image and one clip at a time and put their features where the placeholders are.

        Raises RowError where placeholders and features differ in number, or a tower is absent.
        """
        ids = prepared.token_ids.astype(np.int32)
        # Placeholders get the PLE of the pad token and, for now, their own embedding.
        plain = self.model.get_input_embeddings(mx.array(ids)[None])
        hidden = plain.inputs_embeds
        kinds = np.zeros_like(ids)
        for kind, token_id, clips, encode in (
            (IMAGE, self.model.config.image_token_id, prepared.images, self._encode_image),
            (AUDIO, self.model.config.audio_token_id, prepared.audio, self._encode_audio),
        ):
            places = np.flatnonzero(ids == token_id)
            kinds[places] = kind
            features = [encode(clip) for clip in clips]
            count = sum(feature.shape[1] for feature in features)
            if count != len(places):
                noun = "image" if kind == IMAGE else "audio"
                raise RowError(
                    "worker_crash", f"{len(places)} {noun} placeholders in the prompt for {count} {noun} features"
                )
            if features:
                hidden[:, mx.array(places)] = mx.concatenate(features, axis=1).astype(hidden.dtype)
        arguments = {"inputs_embeds": hidden, "mm_token_type_ids": mx.array(kinds)[None]}
        if plain.per_layer_inputs is not None:
            arguments["per_layer_inputs"] = plain.per_layer_inputs
        mx.eval(arguments)  # here, so that a failure is this request's own
        return Embedded(ids.tolist(), arguments)

    def _encode_image(self, pixels: NDArray[np.float32]) -> mx.array:
        """[3, height, width] in 0..1 -> [1, soft tokens, hidden]."""
        if self.model.vision_tower is None:
            raise RowError("unsupported_format", f"{self.path.name} has no vision tower")
        features: mx.array = self.model.encode_image(mx.array(pixels)[None])
        return features

    def _encode_audio(self, mel: NDArray[np.float32]) -> mx.array:
        """[frames, 128], all valid -> [1, soft tokens, hidden]."""
        if self.model.audio_tower is None:
            raise RowError("unsupported_format", f"{self.path.name} has no audio tower")
        # Memory grows with the number of distinct shapes, so the tower sees few. It leaves masked frames out at every
        # layer: the features of the others are the same bits (tests/gemma/test_adapter.py).
        length = next((bucket for bucket in AUDIO_BUCKETS if bucket >= len(mel)), len(mel))
        padded = np.pad(mel, ((0, length - len(mel)), (0, 0)))
        encoded, _ = self.model.audio_tower(mx.array(padded)[None], mx.array(np.arange(length) >= len(mel))[None])
        features: mx.array = self.model.embed_audio(encoded)
        return features[:, : audio_tokens(len(mel))]

    def logits(self, prepared: Prepared) -> mx.array:
        """float [tokens, vocabulary]: every position's logits, for comparison with the reference."""
        ids, arguments = self.embed(prepared)
        output = self.model.language_model(mx.array(ids)[None], cache=self.model.make_cache(), **arguments)
        logits: mx.array = output.logits[0]
        return logits


def of_model(model: Any, path: Path, config: dict[str, Any], stop_ids: frozenset[int]) -> Gemma:
    """mlx-vlm's model with the corrections above, its weights in memory."""
    mx.eval(model.parameters())
    model.language_model.__class__ = WholeLogits
    model.language_model.model.__class__ = ReferenceMasks
    weights = tree_flatten(model.parameters())
    return Gemma(
        path=path,
        model=model,
        config=config,
        stop_ids=stop_ids,
        dtype=str(model.language_model.model.norm.weight.dtype).removeprefix("mlx.core."),
        parameters=_count_parameters(model),
        nbytes=sum(value.nbytes for _, value in weights),
    )


class RunningBatch:
    """mlx-vlm's BatchGenerator as this engine uses it: one prefill at a time, free slots refilled at once.

    Every token is an argmax; what makes a row sampled or constrained is its logits processor.
    """

    def __init__(self, gemma: Gemma, slots: int, *, wired: bool = False) -> None:
        stops = gemma.stop_ids
        # Of the processor only the stop criterion is used. It must take mlx-vlm's `add_eos_token_ids(None)`.
        tokenizer = SimpleNamespace(stopping_criteria=_StopCriterion(stops))
        with nullcontext() if wired else _unwired():
            self._generator = ar.BatchGenerator(
                gemma.model.language_model,
                tokenizer,
                completion_batch_size=slots,
                prefill_batch_size=1,  # left-padded prefills of several rows corrupt rows with images
                sampler=_best_or_nan,
                compute_logprobs=False,
            )
        self._embed = gemma.embed

    @property
    def prefilling(self) -> bool:
        """A request waits for its prefill or is in it. Its queue is sorted by length, so one at a time goes in."""
        return bool(self._generator.has_pending_prompts)

    def add(self, prepared: Prepared, processor: LogitsProcessor | None = None) -> int:
        """Encode a request and queue its prefill. Returns the row number that its tokens carry."""
        with mx.stream(self._generator.stream):
            ids, arguments = self._embed(prepared)
        rows = self._generator.insert(
            [ids], [prepared.max_tokens], [arguments], logits_processors=[[processor] if processor else None]
        )
        return int(rows[0])

    def step(self) -> list[Token]:
        """One decode step for the rows that run, then one piece of prefill."""
        _, responses = self._generator.next()
        return [Token(response.uid, response.token, response.finish_reason) for response in responses]

    def remove(self, row: int) -> None:
        """Drop a row that has not ended."""
        self._generator.remove(row)

    def close(self) -> None:
        self._generator.close()


class _StopCriterion:
    def __init__(self, stop_ids: frozenset[int]) -> None:
        self._stop_ids = stop_ids

    def add_eos_token_ids(self, ids: Sequence[int] | None) -> None:
        if ids is not None:
            raise ValueError("stop tokens come from the checkpoint")

    def __call__(self, token: int) -> bool:
        return token in self._stop_ids


def _best_or_nan(logprobs: mx.array) -> mx.array:
    """[rows, vocabulary] -> int32 [rows]. One NaN makes a row's normaliser NaN, hence all of it: one column tells."""
    best = mx.argmax(logprobs, axis=-1).astype(mx.int32)
    return mx.where(mx.isnan(logprobs[:, 0]), NAN, best)


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
