"""What a media column holds, as one kind of thing: bytes, a file inside the allowed folders, or an allowed URL.

Rows are untrusted: a path must resolve (symlinks followed) inside one of the given folders, a URL's host
must have been allowed by name. Opens nothing.
"""

import base64
import binascii
import os
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from batch.errors import RowError

SHOWN_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Media:
    """One image or recording of a row. Exactly one of `data`, `path` (absolute, resolved) and `url` is set.

    `name` is for messages and for the suffix; it may be empty.
    """

    name: str
    data: bytes | None = None
    path: str | None = None
    url: str | None = None


def media_of(value: Any, *, roots: Sequence[Path], allow_hosts: Sequence[str] = ()) -> tuple[Media, ...]:
    """A column's value as media: null is none, a list is its items in order (nulls left out).

    Relative paths are looked for in `roots` in order. Raises RowError: missing_file, outside_root,
    url_refused, or unsupported_format for a value that is no medium at all.
    """
    if value is None:
        return ()
    if isinstance(value, (list, tuple)):
        return tuple(medium for item in value for medium in media_of(item, roots=roots, allow_hosts=allow_hosts))
    if isinstance(value, dict) and ("bytes" in value or "path" in value):
        data, name = value.get("bytes"), value.get("path")
        if data is None:
            return media_of(name, roots=roots, allow_hosts=allow_hosts)
        return (Media(str(name or ""), data=data),)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return (Media("", data=bytes(value)),)
    if isinstance(value, str):
        return (_of_text(value, roots, allow_hosts),)
    raise RowError(
        "unsupported_format",
        f"a {type(value).__name__} is no medium: expected bytes, {{bytes, path}}, a path, a URL, or a list of those",
    )


def _of_text(text: str, roots: Sequence[Path], allow_hosts: Sequence[str]) -> Media:
    if text.startswith("data:"):
        return _of_data_url(text)
    scheme, separator, _ = text.partition("://")
    if separator and scheme.isalnum() and len(scheme) > 1:
        return _of_url(text, roots, allow_hosts)
    return _of_path(text, roots)


def _of_data_url(text: str) -> Media:
    head, _, body = text.partition(",")
    if not head.endswith(";base64"):
        raise RowError("unsupported_format", f"data URL {_shown(text)} is not base64")
    try:
        return Media("", data=base64.b64decode(body, validate=True))
    except binascii.Error as error:
        raise RowError("undecodable", f"data URL {_shown(text)} is not valid base64: {error}") from error


def _of_url(text: str, roots: Sequence[Path], allow_hosts: Sequence[str]) -> Media:
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError as error:
        raise RowError("url_refused", f"{_shown(text)} is no valid URL: {error}") from error
    if parts.scheme == "file" and host in ("", "localhost"):
        return _of_path(unquote(parts.path), roots)
    if parts.scheme not in ("http", "https"):
        raise RowError("url_refused", f"{_shown(text)}: only http and https URLs can be allowed")
    if host not in {allowed.lower() for allowed in allow_hosts}:
        raise RowError("url_refused", f"{_shown(text)}: host {host!r} is not in source.allow_hosts")
    return Media(Path(parts.path).name, url=text)


def _of_path(text: str, roots: Sequence[Path]) -> Media:
    if not text or "\0" in text:
        raise RowError("missing_file", f"{_shown(text)} is no file name")
    outside = False
    for root in roots:
        # APFS and HFS+ do not tell NFC from NFD, other file systems do: a table made on a Mac may name either.
        for form in dict.fromkeys((text, unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text))):
            found = os.path.realpath(root / form)
            if not inside(found, roots):
                outside = True
            elif os.path.isfile(found):  # noqa: PTH113 - realpath's own kind
                return Media(Path(text).name, path=found)
    if outside:
        raise RowError(
            "outside_root", f"{_shown(text)} leads outside the source's folder; set source.media_root to allow its own"
        )
    where = " or ".join(str(root) for root in roots) or "anywhere: the source has no folder, set source.media_root"
    raise RowError("missing_file", f"{_shown(text)} is not in {where}")


def inside(real_path: str, roots: Sequence[Path]) -> bool:
    """Whether a resolved path is one of the folders `roots`, or lies in one (their own symlinks resolved)."""
    return any(Path(real_path).is_relative_to(os.path.realpath(root)) for root in roots)


def _shown(text: str) -> str:
    return repr(text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "...")
