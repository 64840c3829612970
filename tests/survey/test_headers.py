"""Headers tell what Pillow and PyAV tell; damaged ones tell nothing, and raise nothing else."""

import io
import random
import struct

import av
import numpy as np
import pi_heif
import pytest
from PIL import Image

from batch.survey.image_header import UnknownFormat, image_size
from batch.survey.recording_header import recording_seconds
from tests.media.recordings import DATA, encoded, silence, wav

SIZE = (123, 77)


def image(form: str, **options: object) -> bytes:
    file = io.BytesIO()
    mode = "P" if form == "GIF" else "RGB"
    Image.new(mode, SIZE).save(file, form, **options)
    return file.getvalue()


def exif_with_thumbnail() -> bytes:
    exif = Image.Exif()
    exif[0x010E] = "x" * 50_000  # as much before the frame header as a camera's thumbnail
    return exif.tobytes()


IMAGES = {
    "jpeg": image("JPEG"),
    "progressive jpeg": image("JPEG", progressive=True),
    "jpeg behind a long header": image("JPEG", exif=exif_with_thumbnail()),
    "png": image("PNG"),
    "gif": image("GIF"),
    "bmp": image("BMP"),
    "tiff": image("TIFF"),
    "lossy webp": image("WEBP"),
    "lossless webp": image("WEBP", lossless=True),
    "extended webp": image("WEBP", exif=b"Exif\0\0II*\0\x08\0\0\0\0\0"),
    "avif": image("AVIF"),
}


@pytest.mark.parametrize("name", IMAGES)
def test_the_size_of_an_image_is_in_its_header(name: str) -> None:
    assert image_size(io.BytesIO(IMAGES[name])) == SIZE


def test_a_heif_says_the_size_of_the_whole_and_not_of_a_tile() -> None:
    for path in [DATA / "iphone_IMG_5195.HEIC"]:
        with path.open("rb") as file:
            assert image_size(file) == pi_heif.read_heif(path).size


def test_a_camera_file_says_the_size_of_the_photo_below_its_thumbnail() -> None:
    def directory(entries: list[tuple[int, int]]) -> bytes:
        packed = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries)
        return struct.pack("<H", len(entries)) + packed + struct.pack("<I", 0)

    thumbnail = directory([(256, 160), (257, 120), (330, 100)])
    data = (b"II*\0\x08\0\0\0" + thumbnail).ljust(100, b"\0") + directory([(256, 6000), (257, 4000)])
    assert image_size(io.BytesIO(data)) == (6000, 4000)


def test_other_bytes_are_no_image() -> None:
    with pytest.raises(UnknownFormat, match=r"no known image begins with b'%PDF-1.7'"):
        image_size(io.BytesIO(b"%PDF-1.7 and so on"))


@pytest.mark.parametrize("name", IMAGES)
def test_a_damaged_header_is_an_answer_and_no_crash(name: str) -> None:
    source, data = random.Random(5), IMAGES[name]
    for _ in range(200):
        damaged = bytearray(data[: source.randrange(len(data))])
        for _ in range(source.randrange(4)):
            if damaged:
                damaged[source.randrange(min(len(damaged), 200))] = source.randrange(256)
        try:
            found = image_size(io.BytesIO(bytes(damaged)))
        except UnknownFormat:
            continue
        assert found is None or len(found) == 2


SECONDS = 3.2
RECORDINGS = {
    "wav": wav(silence(SECONDS)),
    "flac": wav(silence(SECONDS), kind="FLAC"),
    "aiff": wav(silence(SECONDS), kind="AIFF"),
    "ogg": wav(silence(SECONDS), kind="OGG", subtype="VORBIS"),
    "opus": encoded(silence(SECONDS), "ogg", "libopus"),
    "mp3": encoded(silence(SECONDS), "mp3", "libmp3lame"),
    "mp3 without a header": encoded(silence(SECONDS), "mp3", "libmp3lame")
    .replace(b"Xing", b"....")
    .replace(b"Info", b"...."),
    "m4a": encoded(silence(SECONDS), "mp4", "aac"),
    "mov": encoded(silence(SECONDS), "mov", "aac"),
}


@pytest.mark.parametrize("name", RECORDINGS)
def test_the_length_of_a_recording_is_in_its_header(name: str) -> None:
    data = RECORDINGS[name]
    found = recording_seconds(io.BytesIO(data), len(data))
    with av.open(io.BytesIO(data)) as container:
        heard = sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))
    assert found == pytest.approx(heard, abs=0.11)


def test_a_container_that_does_not_say_is_not_guessed() -> None:
    data = encoded(silence(SECONDS), "matroska", "libopus")
    assert recording_seconds(io.BytesIO(data), len(data)) is None


@pytest.mark.parametrize("at", [0, 60])
def test_what_looks_like_a_frame_of_mp3_is_believed_only_where_another_follows(at: int) -> None:
    """A container's random numbers look like one now and then."""
    frame = b"\xff\xfb\x90\x00" + bytes(413)  # 417 bytes: 1,152 samples of 44,100 Hz at 128 kbit/s
    data = bytes(at) + frame + b"other bytes" * 100
    assert recording_seconds(io.BytesIO(data), len(data)) is None
    data = bytes(at) + frame * 50
    assert recording_seconds(io.BytesIO(data), len(data)) == pytest.approx(50 * 417 * 8 / 128_000)


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_damaged_recording_is_an_answer_and_no_crash(name: str) -> None:
    source, data = random.Random(6), RECORDINGS[name]
    for _ in range(100):
        damaged = bytearray(data[: source.randrange(len(data))])
        for _ in range(source.randrange(4)):
            if damaged:
                damaged[source.randrange(min(len(damaged), 100))] = source.randrange(256)
        found = recording_seconds(io.BytesIO(bytes(damaged)), len(damaged))
        assert found is None or np.isfinite(found)
