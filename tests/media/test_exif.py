"""What a file says of itself, for prompts: read from every place it is kept, capped, and never believed."""

import io
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, TiffImagePlugin

from batch.media.exif import MAX_CHARACTERS, NOTHING, read_metadata
from batch.template import METADATA

DATA = Path(__file__).parent.parent / "data"
XMP = """<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">A day at sea</rdf:li></rdf:Alt></dc:title>
<dc:subject><rdf:Bag><rdf:li>sea</rdf:li><rdf:li>boat</rdf:li><rdf:li>sea</rdf:li></rdf:Bag></dc:subject>
<Iptc4xmpExt:PersonInImage><rdf:Bag><rdf:li>Ada</rdf:li></rdf:Bag></Iptc4xmpExt:PersonInImage>
<mwg-rs:Regions rdf:parseType="Resource"><mwg-rs:RegionList><rdf:Bag>
<rdf:li><rdf:Description mwg-rs:Name="Grace" mwg-rs:Type="Face"/></rdf:li>
<rdf:li><rdf:Description mwg-rs:Name="Rex" mwg-rs:Type="Pet"/></rdf:li>
</rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions>
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""
SAID = {"title": "A day at sea", "keywords": "sea, boat", "people": "Ada, Grace", "album": ""}


def photo(
    kind: str = "JPEG", exif: dict[int, Any] | None = None, gps: dict[int, Any] | None = None, **more: Any
) -> bytes:
    tags = Image.Exif()
    for tag, value in (exif or {}).items():
        if tag in (0x9003, 0x9004):
            tags.get_ifd(0x8769)[tag] = value
        else:
            tags[tag] = value
    tags.get_ifd(0x8825).update(gps or {})
    file = io.BytesIO()
    Image.new("RGB", (64, 64)).save(file, kind, exif=tags, **more)
    return file.getvalue()


def exif_of(**keys: Any) -> dict[str, str]:
    return dict(read_metadata(photo(**keys))["exif"])


def test_the_fields_are_those_that_templates_may_name() -> None:
    assert {name: tuple(fields) for name, fields in NOTHING.items()} == METADATA


def test_an_iphone_photo_tells_its_day_its_camera_and_its_place() -> None:
    found = read_metadata(DATA / "iphone_IMG_5195.HEIC", "2021 Harbour/iphone_IMG_5195.HEIC")
    assert found["exif"]["camera"].startswith("Apple iPhone")
    assert found["exif"]["date"].startswith("20")
    assert found["exif"]["gps"].count(".") == 2
    assert found["meta"]["album"] == "2021 Harbour"


@pytest.mark.parametrize(
    ("tags", "date", "time"),
    [
        ({0x9003: "2021:06:05 14:03:22", 306: "2024:01:01 00:00:00"}, "2021-06-05", "14:03"),
        ({0x9004: "2020:02:29 23:59:59"}, "2020-02-29", "23:59"),
        ({306: "2019:12:31"}, "2019-12-31", ""),
        ({306: "0000:00:00 00:00:00"}, "", ""),
        ({306: "yesterday"}, "", ""),
        ({306: "    :  :     :  :  "}, "", ""),
        ({}, "", ""),
    ],
)
def test_the_date_is_that_of_the_shot_where_there_is_one(tags: dict[int, str], date: str, time: str) -> None:
    found = exif_of(exif=tags)
    assert (found["date"], found["time"]) == (date, time)


@pytest.mark.parametrize(
    ("make", "model", "camera"),
    [("Canon", "Canon EOS R5", "Canon EOS R5"), ("Apple", "iPhone 15", "Apple iPhone 15"), ("", "X100V", "X100V"),
     ("NIKON\0\0", "D850 \0", "NIKON D850"), (None, None, "")],
)  # fmt: skip
def test_the_camera_is_named_once(make: str | None, model: str | None, camera: str) -> None:
    assert exif_of(exif={tag: name for tag, name in ((271, make), (272, model)) if name})["camera"] == camera


@pytest.mark.parametrize(
    ("gps", "place"),
    [
        ({1: "N", 2: (48.0, 51.0, 30.13), 3: "E", 4: (2.0, 17.0, 40.12)}, "48.85837, 2.29448"),
        ({1: "S", 2: (33.0, 51.5, 0.0), 3: "W", 4: (70.0, 0.0, 0.0)}, "-33.85833, -70.00000"),
        ({1: "N", 2: (95.0, 0.0, 0.0), 3: "E", 4: (2.0, 0.0, 0.0)}, ""),
        ({1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)}, ""),
        ({1: "N", 2: (48.0, 51.0, 30.0)}, ""),
        ({}, ""),
    ],
)
def test_the_place_is_in_decimal_degrees_or_absent(gps: dict[int, Any], place: str) -> None:
    exact = {
        tag: tuple(map(Fraction, map(str, value))) if isinstance(value, tuple) else value for tag, value in gps.items()
    }
    rational = {
        tag: tuple(TiffImagePlugin.IFDRational(part.numerator, part.denominator) for part in value)
        if isinstance(value, tuple)
        else value
        for tag, value in exact.items()
    }
    assert exif_of(gps=rational)["gps"] == place


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "PNG", "TIFF", "AVIF"])
def test_xmp_is_read_from_every_format_that_carries_it(kind: str) -> None:
    if kind == "PNG":
        from PIL.PngImagePlugin import PngInfo

        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", XMP)
        more: dict[str, Any] = {"pnginfo": info}
    elif kind == "TIFF":
        more = {"tiffinfo": {700: XMP.encode()}}
    else:
        more = {"xmp": XMP.encode()}
    file = io.BytesIO()
    Image.new("RGB", (16, 16)).save(file, kind, **more)
    assert read_metadata(file.getvalue())["meta"] == SAID


def with_iptc(records: list[tuple[int, bytes]]) -> bytes:
    """A JPEG with a Photoshop block, as agencies write it."""
    block = b"".join(b"\x1c\x02" + bytes([number]) + len(text).to_bytes(2, "big") + text for number, text in records)
    resource = b"8BIM\x04\x04\0\0" + len(block).to_bytes(4, "big") + block + b"\0" * (len(block) % 2)
    body = b"Photoshop 3.0\0" + resource
    plain = photo()
    return plain[:2] + b"\xff\xed" + (len(body) + 2).to_bytes(2, "big") + body + plain[2:]


def test_iptc_words_are_read_in_utf8_and_in_latin_1() -> None:
    found = read_metadata(with_iptc([(5, "Été".encode()), (25, b"caf\xe9"), (25, b"plage"), (120, b"x")]))
    assert found["meta"] == {"title": "Été", "keywords": "café, plage", "people": "", "album": ""}


@pytest.mark.parametrize(
    ("name", "album"),
    [("2019/Lisbon/a.jpg", "Lisbon"), ("a.jpg", ""), ("/home/me/Pictures/a.jpg", "Pictures"), ("", ""),
     ("/home/me/My.photoslibrary/originals/0/A.heic", "")],
)  # fmt: skip
def test_the_album_is_the_folder_a_person_named(name: str, album: str) -> None:
    assert read_metadata(photo(), name)["meta"]["album"] == album


def test_values_are_one_line_of_limited_length() -> None:
    found = exif_of(exif={271: "Line one\nLine two\x07\t" + "x" * 5000, 306: "2020:01:01 00:00:00" + "9" * 9000})
    assert found["camera"].startswith("Line one Line two xxx")
    assert len(found["camera"]) == MAX_CHARACTERS
    assert found["camera"].isprintable()
    many = "".join(f"<rdf:li>word{i}</rdf:li>" for i in range(5000))
    words = read_metadata(photo(xmp=XMP.replace("<rdf:li>sea</rdf:li>", many, 1).encode()[:60_000]))["meta"]["keywords"]
    assert len(words) <= MAX_CHARACTERS


BILLION_LAUGHS = XMP.replace(
    "<x:xmpmeta", '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><x:xmpmeta', 1
).replace("A day at sea", "&b;")


@pytest.mark.parametrize(
    "packet", [BILLION_LAUGHS.encode(), b"<not xml", b"\xff\xfe\x00", XMP.encode("utf-16"), b"", b"<a/>"]
)
def test_xml_that_is_no_plain_xmp_says_nothing(packet: bytes) -> None:
    meta = read_metadata(photo(xmp=packet))["meta"]
    assert meta in (NOTHING["meta"], SAID)
    assert "ha" not in meta["title"]


def test_a_file_that_is_no_picture_says_nothing(tmp_path: Path) -> None:
    assert read_metadata(b"Dear diary") == NOTHING
    assert read_metadata(tmp_path / "nothing.jpg") == NOTHING
    assert read_metadata(DATA / "corrupted.heic") == NOTHING


def test_damaged_metadata_costs_nothing_but_itself() -> None:
    whole = bytearray(photo(exif={271: "Canon", 306: "2020:01:01 00:00:00"}, xmp=XMP.encode()))
    for place in range(6, 400):
        broken = bytes(whole[:place]) + bytes([whole[place] ^ 0xFF]) + bytes(whole[place + 1 :])
        found = read_metadata(broken)
        assert {name: tuple(fields) for name, fields in found.items()} == METADATA
