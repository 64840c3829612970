"""Thumbnails side by side."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from batch.preview.thumbnail import fit, save


@pytest.mark.parametrize(
    ("size", "fitted"),
    [
        ((3000, 4000), (168, 224)),
        ((4000, 3000), (224, 168)),
        ((100, 50), (100, 50)),  # never enlarged
        ((20_000, 1), (224, 1)),
    ],
)
def test_a_picture_fits_its_cell_in_proportion(size: tuple[int, int], fitted: tuple[int, int]) -> None:
    assert fit(*size, 224) == fitted


def test_a_thumbnail_is_a_small_jpeg_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    save(np.full((32, 16, 3), 110, np.uint8), tmp_path / "thumb-000001-0.jpg")
    assert [path.name for path in tmp_path.iterdir()] == ["thumb-000001-0.jpg"]
    with Image.open(tmp_path / "thumb-000001-0.jpg") as saved:
        assert (saved.format, saved.size) == ("JPEG", (16, 32))
        assert saved.convert("L").getpixel((8, 16)) == pytest.approx(110, abs=4)
