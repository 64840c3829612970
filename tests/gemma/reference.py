"""The reference: transformers' Gemma 4 on torch, with a tiny checkpoint's weights and its own processors."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import mlx.core as mx
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from transformers import Gemma4Config, Gemma4ForConditionalGeneration
from transformers.models.gemma4.feature_extraction_gemma4 import Gemma4AudioFeatureExtractor
from transformers.models.gemma4.image_processing_pil_gemma4 import Gemma4ImageProcessorPil

from batch.prepared import Prepared
from tests.gemma.parity_cases import Case, pictures, sounds
from tests.gemma.tiny import SOFT_TOKENS, SPECIAL


class Reference:
    """float32, eager attention."""

    def __init__(self, model_path: Path) -> None:
        settings = json.loads((model_path / "config.json").read_text(encoding="utf-8"))
        config = Gemma4Config.from_dict(settings)
        config._attn_implementation = "eager"
        self._model = Gemma4ForConditionalGeneration(config).eval()
        weights = mx.load(str(model_path / "model.safetensors"))
        state = {name: torch.from_numpy(value) for name, value in renamed(weights)}
        missing, unexpected = self._model.load_state_dict(state, strict=False)
        # Shared layers own projections that the reference never runs; the head is the tied embedding.
        missing = [name for name in missing if name != "lm_head.weight" and not name.endswith("inv_freq")]
        assert not unexpected, unexpected
        assert all(".self_attn.k_" in name or ".self_attn.v_" in name for name in missing), missing
        self._model.tie_weights()

    def logits(self, prepared: Prepared, case: Case) -> NDArray[np.float32]:
        """float32 [tokens, vocabulary]. Only the token ids are taken from `prepared`."""
        ids = torch.from_numpy(prepared.token_ids.astype(np.int64))[None]
        types = torch.where(ids == SPECIAL["<|image|>"], 1, torch.where(ids == SPECIAL["<|audio|>"], 3, 0))
        given = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "mm_token_type_ids": types}
        if images := [Image.fromarray(pixels) for pixels in pictures(case)]:
            made = Gemma4ImageProcessorPil(max_soft_tokens=SOFT_TOKENS)(images, return_tensors="pt")
            given |= {name: made[name] for name in ("pixel_values", "image_position_ids")}
        if clips := sounds(case):
            made = Gemma4AudioFeatureExtractor()(clips, return_tensors="pt")
            given |= {name: made[name] for name in ("input_features", "input_features_mask")}
        with torch.no_grad():
            logits: NDArray[np.float32] = self._model(**given).logits[0].numpy()
        return logits


def renamed(weights: Mapping[str, mx.array]) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """mlx-vlm's names and layouts -> transformers' (the inverse of Model.sanitize)."""
    for name, array in weights.items():
        value = np.array(array)
        name = "model." + name.replace("language_model.model.", "language_model.")
        if ".switch_glu." in name:
            stem = name.split("switch_glu.")[0]
            if "gate_proj" in name:
                up = np.array(
                    weights[
                        name.removeprefix("model.")
                        .replace("language_model.", "language_model.model.")
                        .replace("gate_proj", "up_proj")
                    ]
                )
                yield f"{stem}gate_up_proj", np.concatenate([value, up], axis=1)
            elif "down_proj" in name:
                yield f"{stem}down_proj", value
        elif "subsample_conv_projection" in name and name.endswith("conv.weight"):
            yield name, np.ascontiguousarray(value.transpose(0, 3, 1, 2))
        elif name.endswith("depthwise_conv1d.weight"):
            yield name, np.ascontiguousarray(value.transpose(0, 2, 1))
        else:
            yield name, value
