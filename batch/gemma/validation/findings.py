"""What a validation found: one row per check, one line per modality's speed, and the verdict over all."""

from dataclasses import asdict, dataclass, field
from typing import Any

from batch.gemma.validation.checks import Verdict
from batch.gemma.validation.protocol import Modality

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Finding:
    """One check. `text` is what the model said, for a person to read."""

    section: str
    name: str
    verdict: Verdict
    note: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Speed:
    """One modality's questions together. `tokens_per_s` counts generated tokens over the whole time, media and
    prompts included; `peak_bytes` is the most MLX held, weights included."""

    modality: Modality
    requests: int
    at_once: int
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    peak_bytes: int

    @property
    def tokens_per_s(self) -> float:
        return self.completion_tokens / self.seconds if self.seconds else 0.0


@dataclass
class Report:
    """`notes` say what the figures do not show of themselves."""

    model: str
    path: str
    revision: str | None
    facts: dict[str, Any] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    speeds: list[Speed] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return not any(finding.verdict == "fail" for finding in self.findings)

    def count(self, verdict: Verdict) -> int:
        return sum(finding.verdict == verdict for finding in self.findings)

    def as_object(self) -> dict[str, Any]:
        """For --json."""
        return {
            "schema_version": SCHEMA_VERSION,
            "model": self.model,
            "path": self.path,
            "revision": self.revision,
            "passed": self.passed,
            "counts": {verdict: self.count(verdict) for verdict in ("pass", "look", "fail", "skip")},
            "facts": self.facts,
            "findings": [asdict(finding) for finding in self.findings],
            "speeds": [{**asdict(speed), "tokens_per_s": round(speed.tokens_per_s, 2)} for speed in self.speeds],
            "notes": self.notes,
        }
