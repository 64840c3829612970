"""The rule of names and shapes, held against mlx-vlm's own classes."""

from typing import Any

import pytest
from mlx.utils import tree_flatten
from mlx_vlm.models import gemma4
from mlx_vlm.utils import update_module_configs

from batch.errors import ModelError
from batch.gemma.published import SIZES, config_of
from batch.gemma.skeleton import skeleton
from tests.gemma import tiny
from tests.gemma.tiny import ARCHITECTURES

PARTS = ["text", "vision", "audio"]
CONFIGS: dict[str, dict[str, Any]] = {name: tiny.config(name) for name in ARCHITECTURES}
CONFIGS |= {size: config_of(size) for size in SIZES}


def _of_the_classes(config: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    """MLX is lazy: the weights of 62 GB are never made."""
    settings = {
        **config,
        "text_config": config.get("text_config", {}),
        "vision_config": config.get("vision_config", {}),
    }
    made = gemma4.ModelConfig.from_dict(settings)
    model = gemma4.Model(update_module_configs(made, gemma4, settings, PARTS))
    return {name: tuple(value.shape) for name, value in tree_flatten(model.parameters())}


@pytest.mark.parametrize("name", CONFIGS)
def test_names_and_shapes_are_those_of_mlx_vlms_classes(name: str) -> None:
    assert skeleton(CONFIGS[name]) == _of_the_classes(CONFIGS[name])


def test_what_a_config_leaves_out_is_what_mlx_vlm_takes_for_it() -> None:
    bare: dict[str, Any] = {"model_type": "gemma4", "text_config": {}, "vision_config": {}, "audio_config": {}}
    assert skeleton(bare) == _of_the_classes(bare)


def test_a_config_that_describes_no_model_is_refused() -> None:
    broken = {"model_type": "gemma4", "text_config": {"num_hidden_layers": "many"}}
    with pytest.raises(ModelError, match=r"config.json describes no Gemma 4 model \(TypeError"):
        skeleton(broken)
