"""`gemma4-batch status`, for a person and for a program."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def status_text(status: Mapping[str, Any]) -> str:
    """`gemma4-batch status`, for a person."""
    counts = status["counts"]
    rows = ", ".join(f"{number} {name}" for name, number in counts["rows"].items() if number) or "none"
    lines = [
        f"{status['folder']}: {status['state']}",
        f"rows: {status['rows_done']} of {status['rows_total']} ({rows})",
        f"shards: {status['shards_committed']} of {status['shards_total']} committed",
        f"requests: {counts['requests']}, generated tokens: {counts['completion_tokens']}",
    ]
    if counts["compared"]:
        lines.append(f"right answers: {counts['correct']} of {counts['compared']}")
    lines += [f"  {kind}: {number}" for kind, number in counts["errors"].items()]
    return "\n".join(lines)


def status_object(folder: Path) -> dict[str, Any]:
    """`gemma4-batch status --json`. Raises LedgerError where the folder is no job's."""
    from batch.ledger.status import read_status  # sqlite and pyarrow are not needed for `--help`

    return read_status(folder).as_dict()
