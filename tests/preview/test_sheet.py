"""Thumbnails side by side."""

import base64
import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from batch.preview.sheet import Sheet, fit
from batch.preview_records import sheet_name, sheet_number


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


def test_a_sheet_is_a_script_with_a_jpeg_for_each_thumbnail(tmp_path: Path) -> None:
    sheet = Sheet()
    shades = [10, 60, 110, 160, 210]
    assert [sheet.add(np.full((32, 16, 3), shade, np.uint8)) for shade in shades] == [0, 1, 2, 3, 4]
    sheet.save(tmp_path / "sheet-00012.js")
    assert [path.name for path in tmp_path.iterdir()] == ["sheet-00012.js"]
    text = (tmp_path / "sheet-00012.js").read_text()
    assert text.startswith('gemma4Report("sheet",12,["')
    cells = json.loads(text.removeprefix('gemma4Report("sheet",12,').removesuffix(");\n"))
    pictures = [Image.open(io.BytesIO(base64.b64decode(cell))) for cell in cells]
    assert {(picture.format, picture.size) for picture in pictures} == {("JPEG", (16, 32))}
    assert [picture.convert("L").getpixel((8, 16)) for picture in pictures] == pytest.approx(shades, abs=4)


def test_a_sheet_is_found_by_its_number() -> None:
    assert (sheet_name(7), sheet_name(123456)) == ("sheet-00007.js", "sheet-123456.js")
    assert (sheet_number("sheet-00007.js"), sheet_number("sheet-123456.js")) == (7, 123456)
