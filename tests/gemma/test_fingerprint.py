"""The fingerprint of a checkpoint folder: what changes it, and what does not."""

import os
import shutil
from pathlib import Path

import pytest

from batch.errors import ModelError
from batch.gemma.fingerprint import WHOLE_BYTES, fingerprint
from tests.gemma.tiny import DEMO


def _copy(folder: Path) -> Path:
    shutil.copytree(DEMO, folder)
    return folder


def test_place_times_and_readme_do_not_matter(tmp_path: Path) -> None:
    folder = _copy(tmp_path / "elsewhere")
    (folder / "README.md").write_text("words")
    os.utime(folder / "config.json", (1, 1))
    assert fingerprint(folder) == fingerprint(DEMO)


@pytest.mark.parametrize(
    "name", ["config.json", "generation_config.json", "tokenizer.json", "processor_config.json", "chat_template.jinja"]
)
def test_every_file_that_shapes_answers_matters(tmp_path: Path, name: str) -> None:
    folder = _copy(tmp_path / "model")
    (folder / name).write_bytes((folder / name).read_bytes() + b" ")
    assert fingerprint(folder) != fingerprint(DEMO)


def test_one_bit_of_a_small_weight_file_matters(tmp_path: Path) -> None:
    folder = _copy(tmp_path / "model")
    with (folder / "model.safetensors").open("r+b") as stream:
        stream.seek(5_000_001)
        byte = stream.read(1)[0]
        stream.seek(5_000_001)
        stream.write(bytes([byte ^ 1]))
    assert fingerprint(folder) != fingerprint(DEMO)


def test_weights_changed_everywhere_matter_in_a_large_file_too(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    size = 3 * WHOLE_BYTES

    def written(every: int, value: bytes) -> str:
        path.unlink(missing_ok=True)
        with path.open("wb") as stream:
            stream.truncate(size)  # sparse: nothing is written but the marks
            for position in range(2 * 1024**2, size, every):
                stream.seek(position)
                stream.write(value)
        return fingerprint(tmp_path)

    zeros = written(size, b"")
    assert zeros == written(size, b"")
    assert zeros != written(4096, b"\1")


def test_a_file_that_vanished_is_named(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").symlink_to(tmp_path / "gone")
    with pytest.raises(ModelError, match=r"model.safetensors: cannot be read: No such file or directory"):
        fingerprint(tmp_path)
