"""One XMP packet: what a picture shows, merged into what is there already. Nothing of others is ever removed.

Adobe XMP Specification part 1 (ISO 16684-1), part 2 for dc and lr; IPTC Photo Metadata 2021.1 for the alternative text;
digiKam's own namespace for its tree of tags.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from xml.dom import minidom
from xml.dom.minidom import Document, Element
from xml.parsers.expat import ExpatError

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XML = "http://www.w3.org/XML/1998/namespace"
META = "adobe:ns:meta/"
NAMESPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "digiKam": "http://www.digikam.org/ns/1.0/",
    "lr": "http://ns.adobe.com/lightroom/1.0/",
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
}
DESCRIPTION, ALT_TEXT = "dc:description", "Iptc4xmpCore:AltTextAccessibility"
SUBJECT, TAGS, HIERARCHY = "dc:subject", "digiKam:TagsList", "lr:hierarchicalSubject"
LISTS = {SUBJECT: "Bag", TAGS: "Seq", HIERARCHY: "Bag"}
# XML 1.0, 2.2: characters that no document may hold.
FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
EMPTY = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    "</rdf:RDF></x:xmpmeta>"
)


class Unreadable(ValueError):
    """What is there is no XMP packet, so nothing can be merged into it."""


@dataclass(frozen=True, slots=True)
class Fields:
    """`keywords` may be paths, `Places|Berlin`."""

    description: str
    alt_text: str
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Merged:
    """`kept`: the properties whose text is somebody else's and stays."""

    packet: bytes
    kept: tuple[str, ...]


def merge(existing: bytes | None, fields: Fields, *, ours: Sequence[str] = (), replace: bool = False) -> Merged:
    """The packet with these fields. A text that is there stays, unless it is one of `ours` or `replace` is asked for;
    keywords are added to those that are there. Raises Unreadable."""
    document = _parse(existing)
    as_read = document.toxml(encoding="utf-8")
    rdf = document.getElementsByTagNameNS(RDF, "RDF")[0]
    kept = []
    for name, text in ((DESCRIPTION, fields.description), (ALT_TEXT, fields.alt_text)):
        if not _set_text(document, rdf, name, _clean(text), {*map(_clean, ours)}, replace=replace):
            kept.append(name)
    keywords = [_clean(keyword) for keyword in fields.keywords]
    _add(document, rdf, SUBJECT, [keyword.rpartition("|")[2] for keyword in keywords])
    _add(document, rdf, TAGS, [keyword.replace("/", "-").replace("|", "/") for keyword in keywords])
    _add(document, rdf, HIERARCHY, keywords)
    packet = document.toxml(encoding="utf-8")
    return Merged(existing if existing is not None and packet == as_read else packet, tuple(kept))


def _clean(text: str) -> str:
    return FORBIDDEN.sub("", text)


def _parse(existing: bytes | None) -> Document:
    if existing is None:
        return minidom.parseString(EMPTY)
    if b"<!DOCTYPE" in existing or b"<!ENTITY" in existing:
        raise Unreadable("it declares entities, which XMP has none of")
    try:
        document = minidom.parseString(existing)
    except (ExpatError, ValueError) as error:
        raise Unreadable(f"it is no XML ({error})") from error
    if not document.getElementsByTagNameNS(RDF, "RDF"):
        raise Unreadable("it has no rdf:RDF")
    return document


def _set_text(document: Document, rdf: Element, name: str, text: str, ours: set[str], *, replace: bool) -> bool:
    """Sets the x-default text; whether it is ours now."""
    found = _property(rdf, name)
    if found is None:
        if _attribute(rdf, name):
            return False
        found = _new_property(document, rdf, name)
    item = _default_item(document, found)
    before = _text(item)
    if before and before != text and before not in ours and not replace:
        return False
    while item.firstChild is not None:
        item.removeChild(item.firstChild)
    item.appendChild(document.createTextNode(text))
    return True


def _default_item(document: Document, found: Element) -> Element:
    """The `rdf:li` in x-default, made where there is none."""
    items = [
        item for item in found.getElementsByTagNameNS(RDF, "li") if item.getAttributeNS(XML, "lang") == "x-default"
    ]
    if items:
        return items[0]
    alternatives = _container(document, found, "Alt")
    item = _element(document, RDF, "rdf:li")
    item.setAttributeNS(XML, "xml:lang", "x-default")
    # ISO 16684-1, 8.2.2.4: the default comes first.
    alternatives.insertBefore(item, alternatives.firstChild)
    return item


def _add(document: Document, rdf: Element, name: str, values: Sequence[str]) -> None:
    """Adds what is not in the list yet."""
    if not values:
        return
    found = _property(rdf, name)
    if found is None:
        found = _new_property(document, rdf, name)
    container = _container(document, found, LISTS[name])
    there = {_text(item) for item in container.getElementsByTagNameNS(RDF, "li")}
    for value in dict.fromkeys(values):
        if value and value not in there:
            item = _element(document, RDF, "rdf:li")
            item.appendChild(document.createTextNode(value))
            container.appendChild(item)


def _property(rdf: Element, name: str) -> Element | None:
    prefix, _, local = name.partition(":")
    found = rdf.getElementsByTagNameNS(NAMESPACES[prefix], local)
    return found[0] if found else None


def _attribute(rdf: Element, name: str) -> str:
    """A property written as an attribute of its rdf:Description."""
    prefix, _, local = name.partition(":")
    values = (item.getAttributeNS(NAMESPACES[prefix], local) for item in rdf.getElementsByTagNameNS(RDF, "Description"))
    return next((value for value in values if value), "")


def _new_property(document: Document, rdf: Element, name: str) -> Element:
    """In an rdf:Description of ours with the same subject as those that are there."""
    prefix = name.partition(":")[0]
    others = rdf.getElementsByTagNameNS(RDF, "Description")
    description = _element(document, RDF, "rdf:Description")
    description.setAttributeNS(RDF, "rdf:about", others[0].getAttributeNS(RDF, "about") if others else "")
    description.setAttribute(f"xmlns:{prefix}", NAMESPACES[prefix])
    found = document.createElementNS(NAMESPACES[prefix], name)
    description.appendChild(found)
    rdf.appendChild(description)
    return found


def _container(document: Document, found: Element, kind: str) -> Element:
    for child in found.childNodes:
        if (
            child.nodeType == child.ELEMENT_NODE
            and child.namespaceURI == RDF
            and child.localName in ("Bag", "Seq", "Alt")
        ):
            return child
    container = _element(document, RDF, f"rdf:{kind}")
    for child in list(found.childNodes):  # a plain text where a list should be is its first entry
        if child.nodeType == child.TEXT_NODE and child.data.strip():
            item = _element(document, RDF, "rdf:li")
            item.appendChild(document.createTextNode(child.data.strip()))
            container.appendChild(item)
        found.removeChild(child)
    found.appendChild(container)
    return container


def _element(document: Document, namespace: str, name: str) -> Element:
    return document.createElementNS(namespace, name)


def _text(item: Element) -> str:
    return "".join(
        child.data for child in item.childNodes if child.nodeType in (child.TEXT_NODE, child.CDATA_SECTION_NODE)
    )
