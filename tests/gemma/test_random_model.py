"""A model of random weights: as large as the published one, and the engine's like any other."""

import pytest
from mlx.utils import tree_flatten

from batch.gemma import random_model
from batch.gemma.published import SIZES
from batch.gemma.skeleton import skeleton


@pytest.mark.parametrize("size", SIZES)
def test_its_tensors_are_those_of_the_published_model(size: str) -> None:
    """Compared without computing them: MLX makes an array when it is looked at."""
    model = random_model.random_model(size, "bf16")
    assert {name: value.shape for name, value in tree_flatten(model.parameters())} == skeleton(
        random_model.config_of(size)
    )
