"""What makes two requests equal, and what does not."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from batch.prepare.digest import file_digest, media_key, request_digest, sound_digest
from batch.prepared import Sampling

FILE = file_digest(b"a photo", "a.jpg")
SAME: dict[str, Any] = {
    "prompt": "What is this?", "system": None, "media": [FILE], "soft_tokens": 280, "max_tokens": 256,
    "sampling": Sampling(), "json_schema": None,
}  # fmt: skip


def digest(**changes: Any) -> bytes | None:
    return request_digest(**{**SAME, **changes})


@pytest.mark.parametrize(
    "change",
    [
        {"prompt": "What is that?"},
        {"system": "You are brief."},
        {"media": [file_digest(b"another photo", "a.jpg")]},
        {"media": [FILE, FILE]},
        {"media": []},
        {"soft_tokens": 560},
        {"max_tokens": 128},
        {"sampling": Sampling(repetition_penalty=1.2)},
        {"json_schema": "{}"},
    ],
)
def test_everything_that_an_answer_depends_on_counts(change: dict[str, Any]) -> None:
    assert digest() == digest()
    assert digest(**change) not in (None, digest())


def test_a_sampled_request_and_one_with_an_unreadable_file_have_no_equals() -> None:
    assert digest(sampling=Sampling(temperature=0.5)) is None
    assert digest(media=[None]) is None


def test_a_file_is_its_content_and_suffix_wherever_it_lies(tmp_path: Path) -> None:
    (tmp_path / "b.JPG").write_bytes(b"a photo")
    assert file_digest(tmp_path / "b.JPG", "photos/b.JPG") == FILE
    assert file_digest(b"a photo", "a.png") != FILE
    assert file_digest(tmp_path / "gone.jpg", "gone.jpg") is None


def test_a_clip_is_its_samples() -> None:
    sound = np.zeros(160, np.float32)
    assert sound_digest(sound) == sound_digest(sound.copy())
    assert sound_digest(sound) != sound_digest(sound[1:])


def test_a_picture_is_known_by_file_budget_and_place() -> None:
    keys = {media_key(FILE, 280, 0), media_key(FILE, 560, 0), media_key(FILE, 280, 1)}
    assert len(keys) == 3
    assert media_key(None, 280, 0) == b""
