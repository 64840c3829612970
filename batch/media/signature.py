"""What a file's own bytes say it is, and whether its container is complete. Suffixes are never believed."""

from typing import BinaryIO, Literal

# Camera files: TIFF or ISO containers in their own right, whose embedded thumbnail must not pass for the photo.
RAW_SUFFIXES = frozenset((
    ".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".iiq", ".kdc", ".mef", ".mos", ".mrw", ".nef",
    ".nrw", ".orf", ".pef", ".raf", ".rw2", ".rwl", ".sr2", ".srf", ".srw", ".x3f",
))  # fmt: skip
HEIF_BRANDS = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"))
ISO_BOXES = frozenset(
    (b"ftyp", b"meta", b"mdat", b"free", b"skip", b"wide", b"moov", b"moof", b"mfra", b"uuid", b"idat")
)

MP3_FRAME_BYTES = 1441  # the longest frame, after which a header cannot come any more
SUBFILE_TAG, BITS_TAG, PHOTOMETRIC_TAG, PLANES_TAG, SUB_IFDS_TAG, DNG_VERSION_TAG = 254, 258, 262, 284, 330, 50706
SENSOR_DATA = (32803, 34892)  # colour filter array, linear raw
TIFF_SHORT = 3
MAX_TIFF_TAGS = 512

OGG_PAGE_MAX_BYTES = 27 + 255 + 255 * 255


def image_kind(head: bytes) -> str | None:
    """The image format that the first 32 bytes announce ("JPEG", "RAW", ..., as Pillow names it), or None."""
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if head.startswith((b"IIRO", b"IIRS", b"IIU\0", b"FUJIFILMCCD-RAW", b"FOVb")) or head[8:10] == b"CR":
        return "RAW"
    if head.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        return "TIFF"
    if head.startswith(b"BM") and head[6:10] == b"\0\0\0\0":
        return "BMP"
    return _iso_kind(head) if head[4:8] == b"ftyp" else None


def _iso_kind(head: bytes) -> str | None:
    brand = head[8:12]
    if brand in (b"avif", b"avis"):
        return "AVIF"
    if brand == b"crx ":
        return "RAW"
    if brand in HEIF_BRANDS:
        return "AVIF" if brand in (b"mif1", b"msf1") and b"avif" in head else "HEIF"
    return None


def is_camera_tiff(file: BinaryIO) -> bool:
    """Whether a TIFF is a camera's: a DNG, sensor data at its front, or a thumbnail there and the photo elsewhere."""
    file.seek(0)
    head = file.read(8)
    order: Literal["little", "big"] = "little" if head[:2] == b"II" else "big"
    file.seek(int.from_bytes(head[4:8], order))
    entries = file.read(2 + 12 * MAX_TIFF_TAGS)
    tags = {}
    for start in range(2, min(len(entries) - 11, 2 + 12 * int.from_bytes(entries[:2], order)), 12):
        number, kind = (int.from_bytes(entries[start + at : start + at + 2], order) for at in (0, 2))
        length = 2 if kind == TIFF_SHORT else 4
        tags[number] = int.from_bytes(entries[start + 8 : start + 8 + length], order)
    photo_elsewhere = tags.get(SUBFILE_TAG) == 1 and SUB_IFDS_TAG in tags
    return DNG_VERSION_TAG in tags or tags.get(PHOTOMETRIC_TAG) in SENSOR_DATA or photo_elsewhere


def is_cut(file: BinaryIO, kind: str, size: int) -> bool:
    """Whether the container promises more bytes than the file has (HEIF, AVIF, WebP): decoders that read the
    header only accept such a file without a word."""
    if kind == "WEBP":
        file.seek(4)
        return int.from_bytes(file.read(4), "little") + 8 > size
    if kind not in ("HEIF", "AVIF"):
        return False
    position = 0
    while position + 8 <= size:
        file.seek(position)
        header = file.read(16)
        if header[4:8] not in ISO_BOXES:
            return False  # damaged rather than cut
        length = int.from_bytes(header[:4], "big")
        if length == 1:
            length = int.from_bytes(header[8:16], "big")
        if length < 8:  # 0: "to the end of the file"; else damaged
            return False
        position += length
    return position > size


def declared_wav_seconds(file: BinaryIO) -> float | None:
    """The length that a WAV header announces, None where it announces nothing (another format; a streamed file).
    ffmpeg trusts the file's size instead, and so cannot say that the end is missing."""
    file.seek(0)
    riff = file.read(12)
    if riff[:4] != b"RIFF" or riff[8:] != b"WAVE":
        return None
    bytes_per_second = 0
    while len(header := file.read(8)) == 8:
        length = int.from_bytes(header[4:], "little")
        if header[:4] == b"data":
            return length / bytes_per_second if bytes_per_second and not _is_streamed(length) else None
        if header[:4] == b"fmt ":
            bytes_per_second = int.from_bytes(file.read(12)[8:12], "little")
            length -= 12
        file.seek(length + length % 2, 1)
    return None


def _is_streamed(length: int) -> bool:
    """What programs write for a length they do not know yet: ffmpeg and sndfile nearly 4 GiB, SoX 0x7FFFF000, a
    recorder whose battery died 0."""
    return length == 0 or length >= 0xFFFFFF00 or 0x7FFFF000 <= length <= 0x7FFFFFFF


def mp3_tells_length(file: BinaryIO) -> bool:
    """Whether the first frame of an MP3 holds a header that counts its frames (Xing, Info or VBRI)."""
    file.seek(0)
    head = file.read(10)
    tags = 0
    if head[:3] == b"ID3":  # its length in four times seven bits
        tags = 10 + sum((byte & 0x7F) << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=False))
    file.seek(tags)
    frame = file.read(MP3_FRAME_BYTES)
    return any(name in frame for name in (b"Xing", b"Info", b"VBRI"))


def is_cut_ogg(file: BinaryIO, size: int) -> bool:
    """Whether an Ogg file ends inside its last page. (Its length stands nowhere but in that page.)"""
    file.seek(0)
    if file.read(4) != b"OggS":
        return False
    file.seek(max(0, size - OGG_PAGE_MAX_BYTES))
    tail = file.read()
    page = tail[tail.rfind(b"OggS") :]
    segments = page[26] if len(page) > 26 else 255
    return len(page) < 27 + segments + sum(page[27 : 27 + segments])
