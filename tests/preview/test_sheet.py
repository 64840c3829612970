"""Thumbnails side by side."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from batch.preview.sheet import Sheet, fit


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


def test_cells_fill_from_left_to_right_then_down(tmp_path: Path) -> None:
    sheet = Sheet(32)
    shades = [10, 60, 110, 160, 210]
    assert [sheet.add(np.full((32, 16, 3), shade, np.uint8)) for shade in shades] == [0, 1, 2, 3, 4]
    assert sheet.size == (128, 64)
    sheet.save(tmp_path / "sheet.jpg")
    with Image.open(tmp_path / "sheet.jpg") as saved:
        assert saved.format == "JPEG"
        seen = [saved.convert("L").getpixel((cell % 4 * 32 + 8, cell // 4 * 32 + 16)) for cell in range(5)]
    assert seen == pytest.approx(shades, abs=4)
    assert [path.name for path in tmp_path.iterdir()] == ["sheet.jpg"]
