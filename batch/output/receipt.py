"""What `gemma4-batch verify` found, as text and as JSON. docs/verify.md describes it; a test holds the two together."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from batch import durable
from batch.result import STATUSES

SCHEMA_VERSION = 1
SHOWN = 20

Kind = Literal[
    "plan", "fingerprint", "config", "missing_part", "unknown_part", "unreadable", "sha256", "row_count", "row_id",
    "status", "counts", "manifest", "source_changed", "source_missing",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not as it was recorded. `where` is a file, or a place of the job."""

    kind: Kind
    where: str
    what: str


@dataclass(frozen=True, slots=True)
class SourceCheck:
    """`pinned`: a Hub dataset at a commit, which cannot change, so nothing was looked at. `new` files came after the
    job was planned; the same `run` command takes them in."""

    state: Literal["unchanged", "changed", "pinned", "not_checked"]
    how: str
    files: int = 0
    new: int = 0


@dataclass
class Receipt:
    """`rows` counts the rows in finished parts by status; `recorded` are done and in no part yet."""

    folder: Path
    state: Literal["complete", "unfinished", "running"]
    against: Literal["ledger", "manifest"]
    fingerprint: str
    input_rows: int
    source: SourceCheck
    rows: Counter[str] = field(default_factory=Counter)
    recorded: int = 0
    parts: int = 0
    parts_checked: int = 0
    checked_bytes: int = 0
    differences: list[Difference] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """Complete, all as recorded, the source too: what `--strict` asks for."""
        return not self.differences and self.state == "complete" and self.source.state != "not_checked"

    def as_dict(self) -> dict[str, Any]:
        """`gemma4-batch verify --json`."""
        in_parts = self.rows.total()
        return {
            "schema_version": SCHEMA_VERSION,
            "folder": str(self.folder),
            "state": self.state,
            "against": self.against,
            "verified": not self.differences,
            "fingerprint": self.fingerprint,
            "rows": {
                "input": self.input_rows,
                **{status: self.rows[status] for status in STATUSES},
                "recorded": self.recorded,
                "not_done": self.input_rows - in_parts - self.recorded,
            },
            "parts": {"total": self.parts, "checked": self.parts_checked, "bytes": self.checked_bytes},
            "source": asdict(self.source),
            "differences_total": len(self.differences),
            "differences": [asdict(difference) for difference in self.differences[:SHOWN]],
        }

    def text(self) -> str:
        """The same for a person."""
        told = self.as_dict()["rows"]
        sum_ = " + ".join(f"{self.rows[status]} {status}" for status in STATUSES)
        rows = f"{self.input_rows} in = {sum_}"
        if self.state != "complete":
            rows += f" in finished parts + {self.recorded} recorded + {told['not_done']} not done"
        lines = [
            f"{self.folder}: {self.state}" + (", by its manifest alone" if self.against == "manifest" else ""),
            f"rows: {rows}",
            f"parts: {self.parts_checked} of {self.parts} checked, {durable.size(self.checked_bytes)} read",
            f"fingerprint: {self.fingerprint}",
            f"source: {self.source.state.replace('_', ' ')} ({self.source.how})",
        ]
        if self.source.new:
            lines.append(f"source: {self.source.new} new files, which the same `run` command takes in")
        if not self.differences:
            return "\n".join([*lines, "verified: each row once, in order, every part as it was written"])
        lines.append(f"NOT verified, {len(self.differences)} differences:")
        lines += [f"  {one.where}: {one.what}" for one in self.differences[:SHOWN]]
        if len(self.differences) > SHOWN:
            lines.append(f"  and {len(self.differences) - SHOWN} more")
        return "\n".join(lines)
