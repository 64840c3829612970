"""Two jobs side by side, in words."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from batch.compare.comparison import Comparison, Side

SHOWN = 60  # characters of a setting's value


def comparison_text(found: "Comparison") -> str:
    return "\n".join(_lines(found))


def _lines(found: "Comparison") -> Iterator[str]:
    for key, (one, other) in found.settings.items():
        yield f"{key}: {_short(one)} | {_short(other)}"
    rest = f" ({found.only_a} only in A, {found.only_b} only in B)" if found.only_a or found.only_b else ""
    yield f"{found.rows} rows in both{rest}: {found.equal} equal ({found.equal / found.rows:.1%})"
    if found.word_difference is not None:
        yield f"words of B that differ from A's: {found.word_difference:.1%}"
    yield _side("A", found.a, found)
    yield _side("B", found.b, found)
    if found.compared:
        yield (
            f"of {found.compared} rows with a reference: {found.right_in_both} right in both, "
            f"{found.right_only_a} only in A, {found.right_only_b} only in B"
        )


def _side(name: str, side: "Side", found: "Comparison") -> str:
    rows = ", ".join(f"{number} {status}" for status, number in side.rows.most_common())
    flags = "".join(f", {flag} {number}" for flag, number in side.flags.most_common())
    right = f", {side.exact} of {found.compared} right" if side.exact is not None else ""
    errors = f", word error rate {side.word_error_rate:.1%}" if side.word_error_rate is not None else ""
    return (
        f"{name} {side.folder}: {rows}{flags}; {side.mean_characters:.0f} characters and "
        f"{side.mean_tokens:.1f} tokens an answer{right}{errors}"
    )


def _short(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
