"""XMP packets, from a picture or from a sidecar beside it: title, keywords, people.

Sidecars are found by the two names in use: `photo.jpg.xmp` (digiKam, darktable, this program) and `photo.xmp`
(Lightroom). XML with a document type of its own is not parsed, and a link is not followed.
"""

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree

MAX_BYTES = 1024**2
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
DC = "{http://purl.org/dc/elements/1.1/}"
PERSON_IN_IMAGE = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}PersonInImage"
REGION_NAME, REGION_TYPE = (
    f"{{http://www.metadataworkinggroup.com/schemas/regions/}}{name}" for name in ("Name", "Type")
)
MICROSOFT_PERSON = "{http://ns.microsoft.com/photo/1.2/t/Region#}PersonDisplayName"

Packet = ElementTree.Element


def parse(packet: bytes | str) -> Packet:
    """The packet's root; an element without content for what is none, too large, or unsafe to parse."""
    content = (packet.encode() if isinstance(packet, str) else bytes(packet)).strip(b"\0 \r\n\t")
    if not content or len(content) > MAX_BYTES or b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        return Packet("none")
    try:
        return ElementTree.fromstring(content)
    except (ElementTree.ParseError, ValueError, LookupError):
        return Packet("none")


def read_sidecar(picture: Path) -> bytes:
    """The sidecar's content; b"" where there is none, or one that is too large or no plain file."""
    for name in sidecar_names(picture):
        try:
            descriptor = os.open(picture.with_name(name), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except (OSError, ValueError):
            continue
        try:
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                content = os.read(descriptor, MAX_BYTES + 1)
                return content if len(content) <= MAX_BYTES else b""
        except OSError:
            continue
        finally:
            os.close(descriptor)
    return b""


def sidecar_names(picture: Path) -> Iterator[str]:
    """The one with the whole name first: it belongs to this file alone, not to its RAW or JPEG twin too."""
    for stem in (picture.name, picture.stem):
        yield from (f"{stem}.xmp", f"{stem}.XMP")


def titles(packets: Sequence[Packet]) -> list[str]:
    return [text for packet in packets for text in _items(packet, DC + "title")]


def keywords(packets: Sequence[Packet]) -> list[str]:
    return [text for packet in packets for text in _items(packet, DC + "subject")]


def people(packets: Sequence[Packet]) -> list[str]:
    """IPTC's list; faces of the Metadata Working Group; faces of Windows Photo Gallery."""
    return [name for packet in packets for name in _people(packet)]


def _people(packet: Packet) -> list[str]:
    faces = [
        name
        for element in packet.iter()
        if (_property(element, REGION_TYPE) or "Face") == "Face" and (name := _property(element, REGION_NAME))
    ]
    return [*_items(packet, PERSON_IN_IMAGE), *faces, *_items(packet, MICROSOFT_PERSON)]


def _items(packet: Packet, name: str) -> list[str]:
    """The texts of a property: its list items, or itself where it is written plainly, as element or attribute."""
    found: list[str] = []
    for element in packet.iter():
        if name in element.attrib:
            found.append(element.attrib[name])
        if element.tag == name:
            items = [item.text or "" for item in element.iter(RDF + "li")]
            found += items or [element.text or ""]
    return [text for text in found if text.strip()]


def _property(element: Packet, name: str) -> str | None:
    return element.attrib.get(name) or element.findtext(name)
