from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlx.core as mx
import numpy as np
import pytest

from batch.gemma.adapter import Gemma
from batch.gemma.decoding.vision import VisionTower, unit
from batch.gemma.features import RESCALE
from tests.gemma.rows import IMAGE_SIZES, image
from tests.gemma.tiny import DEMO, Architecture, Noise

Tiny = Callable[[Architecture], Path]
TOLERANCE = 2e-5  # of features up to 10: rounding in another order


def test_bytes_become_the_floats_that_a_host_would_make_of_them() -> None:
    every = np.arange(256, dtype=np.uint8)
    expected = np.multiply(every, np.float32(RESCALE), dtype=np.float32)
    assert np.array(unit(mx.array(every))).tobytes() == expected.tobytes()


@pytest.mark.parametrize("checkpoint", ["e", "dense", "demo"])  # clipped, standardised, trained
def test_features_are_those_of_mlx_vlms_own_tower(checkpoint: Any, tiny: Tiny) -> None:
    model = Gemma.load(DEMO if checkpoint == "demo" else tiny(checkpoint), "float32").model
    tower = VisionTower(model)
    noise = Noise(3)
    for size in IMAGE_SIZES:
        pixels = mx.array(np.stack([image(noise, *size) for _ in range(2)]))
        expected = np.array(model.encode_image(unit(pixels))).reshape(2, -1, model.config.text_config.hidden_size)
        np.testing.assert_allclose(np.array(tower(pixels)), expected, atol=TOLERANCE)


def test_bounds_that_differ_between_layers_of_one_input_are_kept_apart(tiny: Tiny) -> None:
    model = Gemma.load(tiny("e"), "float32").model
    pixels = mx.array(image(Noise(4), 96, 96))[None]
    before = np.array(VisionTower(model)(pixels))
    attention = model.vision_tower.encoder.layers[0].self_attn
    attention.k_proj.input_max, attention.v_proj.output_min = mx.array(0.1), mx.array(-0.05)
    after = np.array(VisionTower(model)(pixels))
    assert np.abs(after - before).max() > 0.01
    np.testing.assert_allclose(after, np.array(model.encode_image(unit(pixels))), atol=TOLERANCE)


def test_bounds_that_nothing_reaches_cost_no_operation(tiny: Tiny) -> None:
    model = Gemma.load(tiny("e"), "float32").model
    for _, module in model.vision_tower.named_modules():
        if hasattr(module, "input_min"):
            for name in ("input_min", "output_min", "input_max", "output_max"):
                setattr(module, name, mx.array(float("inf") if name.endswith("max") else float("-inf")))
    tower = VisionTower(model)
    assert all(
        bounds == (None, None)
        for block in tower._blocks
        for _, *bounds in block.qkv._parts
        for bounds in [tuple(bounds)]
    )
    pixels = mx.array(image(Noise(4), 96, 96))[None]
    np.testing.assert_allclose(np.array(tower(pixels)), np.array(model.encode_image(unit(pixels))), atol=TOLERANCE)
