"""A folder of media as a source: which files are rows, which are left out, and what is said of them."""

import os
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from batch.errors import ConfigError, SourceError
from batch.media import signature
from batch.records import Slice
from batch.source.folder import RAW_SUFFIXES
from batch.source.medium import media_of
from batch.source.source import media_roots, open_source
from tests.source_files import contents, job, opened, planned, ranges


def touch(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())


def paths(plan_ranges: list[tuple[str, int, int]]) -> list[str]:
    return [path for path, _, _ in plan_ranges]


def test_images_are_rows_in_the_order_of_their_paths(tmp_path: Path) -> None:
    touch(tmp_path, "b.JPG", "a/2.png", "a/10.heic", "a.tiff", "B.jpg")
    config = job(tmp_path, task="caption")
    source = opened(config)
    assert contents(planned(config), source) == [
        (f"{name}#0", {"image": name}, {"path": name}) for name in ("B.jpg", "a.tiff", "a/10.heic", "a/2.png", "b.JPG")
    ]
    assert (source.kind, dict(source.skipped)) == ("folder", {})


def test_what_is_no_image_is_left_out_and_counted(tmp_path: Path) -> None:
    touch(
        tmp_path,
        "a.jpg", ".hidden.jpg", "._a.jpg", ".DS_Store", "a.AAE", "a.jpg.xmp", "a.json", "notes.docx", "song.mp3",
        "film.mp4", "IMG_1.HEIC", "IMG_1.MOV", ".Trash/b.jpg",
    )  # fmt: skip
    source = opened(job(tmp_path, task="caption"))
    assert [file.path for file in source.files()] == ["IMG_1.HEIC", "a.jpg"]
    assert dict(source.skipped) == {
        "hidden": 4,
        "sidecar": 3,
        "unknown suffix": 1,
        "audio": 1,
        "video": 1,
        "live photo video": 1,
    }


def test_recordings_are_audio_and_videos_with_sound(tmp_path: Path) -> None:
    touch(tmp_path, "a.m4a", "b.mp4", "c.jpg", "d.wav")
    source = opened(job(tmp_path, task="transcribe"))
    assert [file.path for file in source.files()] == ["a.m4a", "b.mp4", "d.wav"]
    assert source.schema.names == ["audio", "path"]


def test_answer_takes_images_if_there_are_any_else_audio(tmp_path: Path) -> None:
    touch(tmp_path, "a.wav")
    config = job(tmp_path, prompt="What is this?")
    assert opened(config).schema.names == ["audio", "path"]
    touch(tmp_path, "b.jpg")
    assert opened(config).schema.names == ["image", "path"]


def test_the_job_folder_and_other_jobs_folders_are_left_out(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "out/x/report_files/1.jpg", "old/ledger.sqlite", "old/report_files/2.jpg")
    config = job(tmp_path, task="caption")
    source = open_source(config.source, output_path=tmp_path / "out" / "x", shard_media="image")
    assert [file.path for file in source.files()] == ["a.jpg"]
    assert source.skipped["job folder"] == 2


def test_a_photos_library_is_read_at_its_originals(tmp_path: Path) -> None:
    library = tmp_path / "My.photoslibrary"
    touch(library, "originals/0/A.heic", "originals/0/A_3.mov", "resources/derivatives/A.jpeg", "database/x.sqlite")
    source = opened(job(library, task="caption"))
    assert [file.path for file in source.files()] == ["0/A.heic"]
    assert dict(source.skipped) == {"live photo video": 1}
    beside = opened(job(tmp_path, task="caption"))
    assert [file.path for file in beside.files()] == ["My.photoslibrary/originals/0/A.heic"]


def test_photos_still_in_icloud_are_named(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "x/.IMG_2.HEIC.icloud")
    with (tmp_path / "b.jpg").open("wb") as file:
        file.truncate(1_000_000)  # no blocks: what a dataless file looks like
    source = opened(job(tmp_path, task="caption"))
    assert [file.path for file in source.files()] == ["a.jpg"]
    assert source.notes() == (
        "left out, in iCloud: 2 ('b.jpg', 'x/IMG_2.HEIC'); download them in Finder or Photos, a later run adds them",
    )


def test_a_photo_of_the_job_that_moved_to_icloud_stays_in_the_job(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "b.jpg")
    first = planned(job(tmp_path, task="caption"))
    (tmp_path / "b.jpg").rename(tmp_path / ".b.jpg.icloud")
    assert planned(job(tmp_path, task="caption"), known_files=first.files).files == first.files


@contextmanager
def as_nobody(folder: Path) -> Iterator[None]:
    """Permissions hold root back too: the block runs as another user, for whom the way to `folder` is open."""
    if os.geteuid() != 0:
        yield
        return
    closed = [path for path in folder.parents if path.stat().st_mode & 0o055 != 0o055]
    modes = [path.stat().st_mode for path in closed]
    for path in closed:
        path.chmod(0o755)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
        for path, mode in zip(closed, modes, strict=True):
            path.chmod(mode)


@pytest.mark.anywhere
def test_what_may_not_be_read_is_named(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "secret.jpg", "closed/b.jpg")
    tmp_path.chmod(0o755)
    (tmp_path / "secret.jpg").chmod(0)
    (tmp_path / "closed").chmod(0)
    try:
        with as_nobody(tmp_path):
            plan = planned(job(tmp_path, task="caption"))
            with pytest.raises(
                SourceError, match=r"closed' cannot be read: Permission denied\. To do: allow reading them"
            ):
                planned(job(tmp_path / "closed", task="caption"))
    finally:
        (tmp_path / "closed").chmod(0o755)
    assert [file.path for file in plan.files] == ["a.jpg"]
    assert any(note.startswith("left out, not permitted: 2 ('closed', 'secret.jpg'); allow") for note in plan.notes)


def test_links_must_stay_inside_the_folder(tmp_path: Path) -> None:
    root = tmp_path / "photos"
    touch(root, "a.jpg", "sub/b.jpg")
    touch(tmp_path, "secret.jpg")
    (root / "inside.jpg").symlink_to(root / "a.jpg")
    (root / "outside.jpg").symlink_to(tmp_path / "secret.jpg")
    (root / "broken.jpg").symlink_to(root / "nothing.jpg")
    (root / "loop").symlink_to(root)
    source = opened(job(root, task="caption"))
    assert [file.path for file in source.files()] == ["a.jpg", "inside.jpg", "sub/b.jpg"]
    assert dict(source.skipped) == {"outside the folder": 1, "broken link": 1, "linked folder": 1}


def test_a_row_is_named_in_nfc_and_opened_as_the_disk_spells_it(tmp_path: Path) -> None:
    decomposed = unicodedata.normalize("NFD", "été/photo é.jpg")
    touch(tmp_path, decomposed)
    config = job(tmp_path, task="caption")
    [(row_id, needed, kept)] = contents(planned(config), opened(config))
    assert (row_id, kept) == ("été/photo é.jpg#0", {"path": "été/photo é.jpg"})
    [media] = media_of(needed["image"], roots=media_roots(config.source, row_id))
    assert media.path is not None
    assert Path(media.path).read_bytes() == decomposed.encode()


def test_two_spellings_of_one_name_are_one_row(tmp_path: Path) -> None:
    touch(tmp_path, "é.jpg", unicodedata.normalize("NFD", "é.jpg"))
    source = opened(job(tmp_path, task="caption"))
    if len(list(tmp_path.iterdir())) == 1:
        pytest.skip("this disk does not tell NFC from NFD")
    assert [file.path for file in source.files()] == ["é.jpg"]
    assert dict(source.skipped) == {"same name twice": 1}


@pytest.mark.parametrize("pattern", ["", "*.jpg"], ids=["folder", "pattern"])
def test_a_name_that_is_no_utf8_is_left_out_and_counted(tmp_path: Path, pattern: str) -> None:
    touch(tmp_path, "a.jpg")
    try:
        (tmp_path / os.fsdecode(b"\xff.jpg")).write_bytes(b"")
    except OSError:
        pytest.skip("this disk refuses such names")
    source = opened(job(tmp_path / pattern, task="caption"))
    assert [file.path for file in source.files()] == ["a.jpg"]
    assert dict(source.skipped) == {"not UTF-8": 1}
    (tmp_path / "a.jpg").unlink()
    if pattern:
        with pytest.raises(SourceError, match="no file has a name of UTF-8"):
            opened(job(tmp_path / pattern, task="caption"))


def test_an_empty_file_is_a_row_that_will_say_so(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"")
    assert ranges(planned(job(tmp_path, task="caption"))) == [("a.jpg", 0, 1)]


def test_one_media_file_and_a_glob_of_them_are_sources_too(tmp_path: Path) -> None:
    touch(tmp_path, "a.wav", "b.wav", "c.mp3")
    assert paths(ranges(planned(job(tmp_path / "c.mp3", task="transcribe")))) == ["c.mp3"]
    assert paths(ranges(planned(job(tmp_path / "*.wav", task="transcribe")))) == ["a.wav", "b.wav"]


def test_a_folder_without_media_says_what_it_has_instead(tmp_path: Path) -> None:
    touch(tmp_path, "a.docx", "b.mp3")
    with pytest.raises(SourceError, match=r"holds no image. left out, audio: 1; left out, unknown suffix: 1"):
        planned(job(tmp_path, task="caption"))


def test_a_media_folder_has_no_splits(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg")
    with pytest.raises(ConfigError, match="a plain folder of media, which has no splits"):
        opened(job(tmp_path, task="caption", split="train"))


def test_shards_hold_shard_rows_files_each(tmp_path: Path) -> None:
    touch(tmp_path, *(f"{n}.jpg" for n in range(5)))
    plan = planned(job(tmp_path, task="caption", shard_rows=2))
    assert [shard.slices for shard in plan.shards] == [
        (Slice("0.jpg", 0, 1), Slice("1.jpg", 0, 1)),
        (Slice("2.jpg", 0, 1), Slice("3.jpg", 0, 1)),
        (Slice("4.jpg", 0, 1),),
    ]


def test_a_limit_pins_only_the_files_it_needs(tmp_path: Path) -> None:
    touch(tmp_path, *(f"{n}.jpg" for n in range(5)))
    plan = planned(job(tmp_path, task="caption", limit=2))
    assert [file.path for file in plan.files] == ["0.jpg", "1.jpg"]
    more = planned(job(tmp_path, task="caption", limit=4), known_files=plan.files)
    assert [file.path for file in more.files] == ["0.jpg", "1.jpg", "2.jpg", "3.jpg"]


def test_camera_suffixes_are_those_the_image_reader_knows() -> None:
    assert RAW_SUFFIXES == signature.RAW_SUFFIXES
