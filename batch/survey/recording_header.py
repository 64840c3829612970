"""How long a recording says it is, from its container's header: WAV, AIFF, FLAC, MP4 and its kin, Ogg, MP3.

Of other containers the length is not known before they are decoded. Nothing here believes a suffix.
"""

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

OGG_TAIL_BYTES = 65_536 + 512  # the largest page
MAX_BOXES = 10_000
LONGEST_S = 1000 * 3600.0  # more is damage
# ISO/IEC 11172-3 and 13818-3: kbit/s by index, of MPEG 1 layers 1-3 and of MPEG 2 layer 1, and its layers 2 and 3
BITRATES = {
    (1, 1): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


def recording_seconds(file: BinaryIO, size: int) -> float | None:
    """Seconds, or None where the header does not say. `size`: of the whole file, in bytes."""
    try:
        found = _seconds(file, size)
    except (struct.error, IndexError, ArithmeticError, ValueError, OSError):
        return None
    return found if found is not None and 0 <= found < LONGEST_S else None


def _seconds(file: BinaryIO, size: int) -> float | None:
    head = file.read(64)
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return _wav(file, size)
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return _aiff(file)
    if head[:4] == b"fLaC":
        return _flac(head)
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        return _mp4(file, size)
    if head[:4] == b"OggS":
        return _ogg(file, size)
    return _mp3(file, head, size)


def _chunks(file: BinaryIO, order: str) -> Iterator[tuple[bytes, int]]:
    """(name, bytes) of each chunk of a RIFF or an AIFF, the file standing at its first byte."""
    file.seek(12)
    for _ in range(MAX_BOXES):
        header = file.read(8)
        if len(header) < 8:
            return
        length = struct.unpack(f"{order}I", header[4:])[0]
        start = file.tell()
        yield header[:4], length
        file.seek(start + length + length % 2)


def _wav(file: BinaryIO, size: int) -> float | None:
    bytes_per_s = 0
    for name, length in _chunks(file, "<"):
        if name == b"fmt ":
            bytes_per_s = struct.unpack("<HHIIHH", file.read(16))[3]
        elif name == b"data":
            return min(length, size - file.tell()) / bytes_per_s
    return None


def _aiff(file: BinaryIO) -> float | None:
    for name, _ in _chunks(file, ">"):
        if name == b"COMM":
            _, frames, _, exponent, mantissa = struct.unpack(">hIhHQ", file.read(18))
            return float(frames / (mantissa * 2.0 ** ((exponent & 0x7FFF) - 16383 - 63)))
    return None


def _flac(head: bytes) -> float | None:
    """STREAMINFO (RFC 9639, 8.2): 20 bits of rate, 36 bits of samples."""
    packed = int.from_bytes(head[18:26], "big")
    rate, samples = packed >> 44, packed & 0xFFFFFFFFF
    return samples / rate if samples else None


def _mp4(file: BinaryIO, size: int) -> float | None:
    """`mvhd` in `moov` (ISO/IEC 14496-12, 8.2.2), wherever `moov` stands."""
    moov = next(((start, length) for name, start, length in _boxes(file, 0, size) if name == b"moov"), None)
    if moov is None:
        return None
    for name, start, _ in _boxes(file, moov[0], moov[0] + moov[1]):
        if name == b"mvhd":
            file.seek(start)
            data = file.read(32)
            form = ">QQIQ" if data[0] == 1 else ">IIII"
            _, _, scale, duration = struct.unpack_from(form, data, 4)
            return duration / scale if duration else None
    return None


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """(name, first byte of the contents, their bytes)."""
    for _ in range(MAX_BOXES):
        if start + 8 > end:
            return
        file.seek(start)
        length, name = struct.unpack(">I4s", file.read(8))
        header = 8
        if length == 1:
            length, header = struct.unpack(">Q", file.read(8))[0], 16
        elif length == 0:
            length = end - start
        if length < header:
            return
        yield name, start + header, length - header
        start += length


def _ogg(file: BinaryIO, size: int) -> float | None:
    """The last page's granule position, over the codec's rate (RFC 7845 for Opus, which counts at 48 kHz)."""
    file.seek(0)
    first = file.read(512)
    opus, vorbis = first.find(b"OpusHead"), first.find(b"\x01vorbis")
    if opus >= 0:
        rate, skip = 48_000, struct.unpack_from("<H", first, opus + 10)[0]
    elif vorbis >= 0:
        rate, skip = struct.unpack_from("<I", first, vorbis + 12)[0], 0
    else:
        return None
    file.seek(max(0, size - OGG_TAIL_BYTES))
    tail = file.read()
    last = tail.rfind(b"OggS")
    granules = struct.unpack_from("<q", tail, last + 6)[0]
    return max(0.0, (granules - skip) / rate) if granules > 0 else None


class _Frame(NamedTuple):
    """What the four bytes before a frame of MPEG audio say."""

    kind: bytes  # version, layer and rate, which no frame of a stream changes
    samples: int
    rate: int
    bits_per_s: int
    nbytes: int


def _mp3(file: BinaryIO, head: bytes, size: int) -> float | None:
    """By the Xing or Info header where there is one, else by the first frame's bit rate."""
    start = 0
    if head[:3] == b"ID3":
        start = 10 + sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))
    file.seek(start)
    data = file.read(4096)
    found = _first_frame(data)
    if found is None:
        return None
    at, frame = found
    for name in (b"Xing", b"Info"):
        tag = data.find(name, at, at + 64)
        if tag >= 0 and data[tag + 7] & 1:
            return float(struct.unpack_from(">I", data, tag + 8)[0] * frame.samples / frame.rate)
    return (size - start - at) * 8 / frame.bits_per_s


def _first_frame(data: bytes) -> tuple[int, _Frame] | None:
    """Where the first frame begins, and what it says. Only at the front, and only where one of its kind follows it:
    what looks like a frame in other bytes is chance."""
    for at in range(min(len(data) - 4, 512)):
        frame = _frame(data, at)
        if frame is None:
            continue
        following = _frame(data, at + frame.nbytes)
        if following.kind == frame.kind if following is not None else at == 0 and at + frame.nbytes >= len(data):
            return at, frame
    return None


def _frame(data: bytes, at: int) -> _Frame | None:
    """Eleven bits set, and a version, layer, rate and bit rate that exist; ISO/IEC 11172-3, 2.4.3.1 for its length."""
    head = data[at : at + 4]
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer, rate, bits = head[1] >> 3 & 3, 4 - (head[1] >> 1 & 3), head[2] >> 2 & 3, head[2] >> 4
    if version == 1 or layer == 4 or rate == 3 or bits in (0, 15):
        return None
    generation = 1 if version == 3 else 2
    rate_hz, bits_per_s = RATES[version][rate], 1000 * BITRATES[generation, layer][bits]
    samples = 384 if layer == 1 else 576 if layer == 3 and generation == 2 else 1152
    slot = 4 if layer == 1 else 1  # bytes; the length is counted in slots
    length = (samples // 8 // slot * bits_per_s // rate_hz + (head[2] >> 1 & 1)) * slot
    return _Frame(bytes((head[1] & 0xFE, head[2] & 0x0C)), samples, rate_hz, bits_per_s, length)
