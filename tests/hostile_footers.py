"""Parquet footers that no writer makes, written by hand: Thrift's compact protocol, as parquet.thrift says."""

from pathlib import Path

I32, I64, BINARY, LIST, STRUCT = 5, 6, 8, 9, 12


def bomb(path: Path, *, row_groups: int = 3, chunks: int = 1_000_000) -> Path:
    """A file of 3 bytes a column chunk, for each of which Arrow holds some 700."""
    chunk = _struct((2, I64, _signed(0)))  # file_offset
    group = _struct((1, LIST, _list(STRUCT, [chunk * chunks], chunks)), (2, I64, _signed(0)), (3, I64, _signed(0)))
    root = _struct((4, BINARY, _text("schema")), (5, I32, _signed(1)))
    column = _struct((1, I32, _signed(1)), (3, I32, _signed(1)), (4, BINARY, _text("x")))  # an optional INT32
    footer = _struct(
        (1, I32, _signed(1)),
        (2, LIST, _list(STRUCT, [root, column], 2)),
        (3, I64, _signed(0)),
        (4, LIST, _list(STRUCT, [group * row_groups], row_groups)),
    )
    path.write_bytes(b"PAR1" + footer + len(footer).to_bytes(4, "little") + b"PAR1")
    return path


def _struct(*fields: tuple[int, int, bytes]) -> bytes:
    """Fields as (id, type, value), ids in ascending order."""
    written, before = b"", 0
    for number, kind, value in fields:
        written += bytes([(number - before) << 4 | kind]) + value
        before = number
    return written + b"\0"


def _list(kind: int, items: list[bytes], length: int) -> bytes:
    return bytes([0xF0 | kind]) + _number(length) + b"".join(items)


def _text(text: str) -> bytes:
    return _number(len(text)) + text.encode()


def _signed(value: int) -> bytes:
    return _number(value << 1)  # zigzag, of what is not negative


def _number(value: int) -> bytes:
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*written, value])
