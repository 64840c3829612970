"""One row with images in a preparer: how many it becomes, at which budget, and what its files say in the prompt."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from batch.config.job import JobConfig
from batch.gemma.processor import Processor as GemmaProcessor
from batch.prepare.row_preparer import RowPreparer
from batch.prepared import Prepared
from batch.processor import FakeProcessor, Processor
from batch.records import RowFailed, RowPlanned
from tests.gemma.tiny import DEMO
from tests.media.test_exif import photo
from tests.preparing import Outcome, job_config, png, rows_of, text_of


def prepared(config: JobConfig, values: dict[str, Any], processor: Processor | None = None) -> list[Outcome]:
    schema, rows = rows_of({name: [value] for name, value in values.items()})
    return list(RowPreparer(config, schema, processor or FakeProcessor()).prepare(rows[0], ()))


def request_of(config: JobConfig, values: dict[str, Any], processor: Processor | None = None) -> Prepared:
    request = prepared(config, values, processor)[0]
    assert isinstance(request, Prepared), request
    return request


def animation(frames: int) -> bytes:
    file = io.BytesIO()
    first, *more = [Image.new("L", (64, 64), 10 * step) for step in range(frames)]
    first.save(file, "GIF", save_all=True, append_images=more, duration=50)
    return file.getvalue()


def test_frames_and_tiles_become_images_of_one_request_with_a_placeholder_each() -> None:
    gemma = GemmaProcessor.load(DEMO)
    budget = {"soft_tokens": 70}
    one = request_of(job_config("caption", media=budget), {"image": animation(9)}, gemma)
    three = request_of(job_config("caption", media=budget | {"frames": 3}), {"image": animation(9)}, gemma)
    assert (len(one.images), len(three.images)) == (1, 3)
    counts = [np.bincount(request.token_ids).max() for request in (one, three)]  # the placeholder outnumbers all else
    assert counts[1] == 3 * counts[0] == 3 * 64
    assert float(three.images[1].mean()) == pytest.approx(40, abs=2)
    banner = request_of(job_config("caption", media=budget | {"extreme": "tiles"}), {"image": png(40, 640)}, gemma)
    assert len(banner.images) == 4
    assert banner.flags == ("resized_extreme",)


@pytest.mark.parametrize(("value", "pixels"), [(70, 70), (1120, 1120), (None, 280), ("560", 560), (140.0, 140)])
def test_a_row_has_the_budget_its_column_says(value: Any, pixels: int) -> None:
    config = job_config("caption", media={"soft_tokens_column": "detail"})
    request = request_of(config, {"image": png(1200, 1200), "detail": value}, GemmaProcessor.load(DEMO))
    cells = int(pixels**0.5)
    assert request.images[0].shape == (3, 48 * min(cells, 33), 48 * min(cells, 33))


@pytest.mark.parametrize("value", [100, 0, -70, 70.5, "high", "", True, [70]])
def test_a_wrong_budget_fails_its_row_by_name(value: Any) -> None:
    config = job_config("caption", media={"soft_tokens_column": "detail"})
    assert prepared(config, {"image": png(), "detail": value}) == [
        RowFailed(
            3,
            0,
            "wrong_value",
            f"detail is {str(value)!r}; a row's budget is one of 70, 140, 280, 560, 1120, or null",
        )
    ]


def test_a_prompt_may_say_what_the_file_says_of_itself(tmp_path: Path) -> None:
    (tmp_path / "Lisbon").mkdir()
    file = tmp_path / "Lisbon" / "a.jpg"
    file.write_bytes(photo(exif={0x9003: "2021:06:05 14:03:22", 271: "Canon", 272: "EOS R5"}))
    config = job_config(
        "caption",
        source={"path": str(tmp_path)},
        prompt="{{ exif.date }} {{ exif['camera'] }} {{ meta.album }}|{{ meta.title }}",
    )
    request, planned = prepared(config, {"image": "Lisbon/a.jpg"})
    assert text_of(request) == "2021-06-05 Canon EOS R5 Lisbon|"
    assert planned == RowPlanned(3, 0, 1, flags=("exif_used",))


def test_a_file_that_says_nothing_is_not_flagged_and_a_missing_one_says_nothing() -> None:
    config = job_config("answer", prompt="[{{ exif.date }}{{ meta.keywords }}]", system="{{ exif.gps }}")
    for image in (png(), None, {"bytes": png(), "path": "x/y.png"}):
        request, planned = prepared(config, {"image": image})
        assert (text_of(request), planned) == ("[]", RowPlanned(3, 0, 1))


def test_nothing_is_read_unless_a_template_names_it() -> None:
    request, planned = prepared(job_config("caption", prompt="exif meta"), {"image": photo(exif={271: "Canon"})})
    assert (text_of(request), planned) == ("exif meta", RowPlanned(3, 0, 1))


def test_a_column_called_exif_comes_first() -> None:
    config = job_config("caption", prompt="{{ exif }}|{{ meta.title }}")
    request, planned = prepared(config, {"image": photo(exif={271: "Canon"}), "exif": "mine"})
    assert (text_of(request), planned) == ("mine|", RowPlanned(3, 0, 1))
