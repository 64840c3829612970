"""The rows of a sample, in words."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from batch.sample import Tried


def sample_text(tried: "Sequence[Tried]", column: str, reference: str | None) -> str:
    """Each row: which it is, where its picture or sound can be looked at, the right answer, and the model's."""
    return "\n\n".join("\n".join(_lines(row, column, reference)) for row in tried)


def _lines(row: "Tried", column: str, reference: str | None) -> Iterator[str]:
    values = row.values
    yield str(values["row_id"])
    yield from (f"  {path}" for path in row.previews)
    if reference is not None and values.get(reference) is not None:
        yield f"  right: {values[reference]}"
    if values["status"] == "failed":
        yield f"  failed, {values['error_kind']}: {values['error_message']}"
        return
    yield f"  {values[column]}" if values[column] else f"  ({values['status']})"
    flags = ", ".join(values["flags"] or ())
    spent = f"{values['completion_tokens']} tokens in {values['seconds']:.1f} s" if values["seconds"] else ""
    yield "  " + "; ".join(part for part in (flags, spent) if part) if flags or spent else "  no request"
