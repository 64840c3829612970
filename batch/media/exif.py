"""What an image file says of itself: EXIF date, camera and place; XMP and IPTC title, keywords and people; its album.

For prompts that ask for it (`{{ exif.date }}`, `{{ meta.keywords }}`: batch/template.py has the names). Nothing here
is believed: every value is one line of limited length, what cannot be read is "", and no photo is lost for its
metadata.
"""

import io
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from PIL import ExifTags, Image

from batch.media import xmp
from batch.media.image import FORMATS

MAX_CHARACTERS = 300  # of one value
MAX_KEYWORDS = 50
IPTC_TAG, IPTC_RESOURCE = 33723, 0x0404
IPTC_TITLE, IPTC_KEYWORD = 5, 25  # datasets of record 2
DATE = re.compile(r"(\d{4})[:-](\d\d)[:-](\d\d)(?:[ T](\d\d):(\d\d))?")

Metadata = Mapping[str, Mapping[str, str]]
NOTHING: Metadata = {
    "exif": {"date": "", "time": "", "camera": "", "gps": ""},
    "meta": {"title": "", "keywords": "", "people": "", "album": ""},
}


def read_metadata(source: bytes | Path, name: str = "") -> Metadata:
    """`exif` and `meta` of an image, every value text. `name` is the path under which the file is known, for its
    album: the folder it lies in. A file on disk may have a sidecar (xmp.py). Never raises for what the files hold."""
    exif, meta = dict(NOTHING["exif"]), dict(NOTHING["meta"])
    meta["album"] = _album(name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source, formats=FORMATS) as image:
                exif |= _exif(image)
                meta |= _meta(image, xmp.read_sidecar(source) if isinstance(source, Path) else b"")
    except Exception:  # not a picture at all: decoding it will say so
        pass
    return {"exif": exif, "meta": meta}


def _album(name: str) -> str:
    """The folder's name; a Photos library names its folders for itself, not for people."""
    path = PurePosixPath(name)
    if any(part.endswith(".photoslibrary") for part in path.parts):
        return ""
    return _line(path.parent.name)


def _line(value: Any) -> str:
    """One line of text, without control characters, cut at MAX_CHARACTERS."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    text = "".join(character if character.isprintable() else " " for character in str(value)[: 4 * MAX_CHARACTERS])
    text = " ".join(text.split())
    return text if len(text) <= MAX_CHARACTERS else text[: MAX_CHARACTERS - 3].rstrip() + "..."


def _joined(values: Sequence[str]) -> str:
    """Without doubles, in order."""
    lines = dict.fromkeys(line for value in values[: 4 * MAX_KEYWORDS] if (line := _line(value)))
    return _line(", ".join(list(lines)[:MAX_KEYWORDS]))


def _tried(read: Callable[[], str]) -> str:
    try:
        return read()
    except Exception:  # metadata from any device and editor
        return ""


# ---------------------------------------------------------------- EXIF
def _exif(image: Image.Image) -> dict[str, str]:
    tags = image.getexif()
    inner = _directory(tags, ExifTags.IFD.Exif)
    written = [
        inner.get(ExifTags.Base.DateTimeOriginal),
        inner.get(ExifTags.Base.DateTimeDigitized),
        tags.get(ExifTags.Base.DateTime),
    ]
    dates = [found for value in written if (found := DATE.match(_line(value or "")))]
    year, month, day, hour, minute = dates[0].groups() if dates else ("0000", "", "", None, None)
    return {
        "date": "" if year == "0000" else f"{year}-{month}-{day}",
        "time": "" if year == "0000" or hour is None else f"{hour}:{minute}",
        "camera": _tried(lambda: _camera(_line(tags.get(ExifTags.Base.Make) or ""), tags.get(ExifTags.Base.Model))),
        "gps": _tried(lambda: _place(_directory(tags, ExifTags.IFD.GPSInfo))),
    }


def _directory(tags: Image.Exif, which: int) -> Mapping[int, Any]:
    try:
        return tags.get_ifd(which)
    except Exception:  # as above
        return {}


def _camera(make: str, model: Any) -> str:
    name = _line(model or "")
    return name if name.lower().startswith(make.lower()) else _line(f"{make} {name}")


def _place(gps: Mapping[int, Any]) -> str:
    """Decimal degrees, north and east positive, to about a metre; "" where there are none, or impossible ones."""
    latitude = _degrees(gps[ExifTags.GPS.GPSLatitude], str(gps[ExifTags.GPS.GPSLatitudeRef]), "S")
    longitude = _degrees(gps[ExifTags.GPS.GPSLongitude], str(gps[ExifTags.GPS.GPSLongitudeRef]), "W")
    if not (abs(latitude) <= 90 and abs(longitude) <= 180) or (latitude, longitude) == (0.0, 0.0):
        return ""
    return f"{latitude:.5f}, {longitude:.5f}"


def _degrees(parts: Sequence[Any], reference: str, negative: str) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    value = degrees + minutes / 60 + seconds / 3600
    return -value if reference.strip().upper() == negative else value


# ---------------------------------------------------------------- XMP and IPTC
def _meta(image: Image.Image, sidecar: bytes) -> dict[str, str]:
    """A sidecar comes first: it is where people's programs write what people change."""
    packets = [xmp.parse(sidecar), xmp.parse(image.info.get("xmp") or b"")]
    records = list(_iptc(image))
    title = [*xmp.titles(packets), *(text for dataset, text in records if dataset == IPTC_TITLE)]
    keywords = [*xmp.keywords(packets), *(text for dataset, text in records if dataset == IPTC_KEYWORD)]
    return {
        "title": _line(title[0]) if title else "",
        "keywords": _joined(keywords),
        "people": _joined(xmp.people(packets)),
    }


def _iptc(image: Image.Image) -> Iterator[tuple[int, str]]:
    """(dataset, text) of record 2. IPTC IIM 4.2: 0x1C, record, dataset, length in two bytes, value."""
    resources = image.info.get("photoshop")
    block = resources.get(IPTC_RESOURCE) if isinstance(resources, dict) else None
    block = block or getattr(image, "tag_v2", {}).get(IPTC_TAG)
    position = 0
    while isinstance(block, bytes) and block[position : position + 1] == b"\x1c" and position + 5 <= len(block):
        record, dataset = block[position + 1], block[position + 2]
        length = int.from_bytes(block[position + 3 : position + 5], "big")
        if length > 0x7FFF:  # the long form holds pictures, not words
            return
        if record == 2:
            yield dataset, _text(block[position + 5 : position + 5 + length])
        position += 5 + length


def _text(value: bytes) -> str:
    """UTF-8 where it is, else Latin-1: old cameras and agencies announce neither."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")
