"""A job before it runs: its plan, what its rows look like, its model, and what it will take. One object for people and
programs."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from batch.config.job import JobConfig
from batch.ledger import volume
from batch.ledger.schema import LEDGER_NAME
from batch.ledger.status import LedgerStatus, read_status
from batch.measured import Measured
from batch.plan import Plan, make_plan
from batch.portion import Portion
from batch.runner import open_job_source
from batch.survey.estimate import Estimate, Figure, estimate
from batch.survey.survey import SHOWN, Survey, survey

ENOUGH_REQUESTS = 16  # of an earlier run, to take its mean length of an answer for the rest's


@dataclass(frozen=True)
class ModelFacts:
    """The checkpoint from its headers. `problem`: why it cannot be run here as it is, None where it can."""

    name: str
    soft_tokens: int
    grade: str | None = None
    problem: str | None = None
    memory: Figure | None = None
    bench: Measured | None = None
    count_tokens: Callable[[str], int] | None = None


@dataclass(frozen=True)
class Outlook:
    """`done`: the job's status where it has begun already."""

    plan: Plan
    found: Survey
    model: ModelFacts
    estimate: Estimate
    done: LedgerStatus | None

    def as_dict(self) -> dict[str, Any]:
        """`gemma4-batch plan --json`; docs/planning.md describes it."""
        found, scale = self.found, self.found.scale
        doubles = found.duplicates
        return {
            "schema_version": 1,
            "task": self.plan.config.task,
            "output": self.plan.config.output.path,
            "model": {"name": self.model.name, "ple_grade": self.model.grade, "problem": self.model.problem},
            "rows": self.plan.rows,
            "rows_done": self.done.counts.done if self.done else 0,
            "shards": len(self.plan.shards),
            "files": len(self.plan.files),
            "columns_read": list(self.plan.needed),
            "columns_kept": [output for _, output in self.plan.kept],
            "notes": list(self.plan.notes),
            "rows_looked_at": found.looked_at,
            "images": round(found.images * scale),
            "pixels": round(found.pixels * scale),
            "recordings": round(found.recordings * scale),
            "recordings_of_unknown_length": round((found.recordings - found.recordings_known) * scale),
            "audio_seconds": round(found.seconds * scale, 1),
            "media_bytes": round(found.media_bytes * scale),
            "urls": round(found.urls * scale),
            "duplicates": None
            if doubles is None
            else {
                "groups": len(doubles),
                "files": sum(map(len, doubles)) - len(doubles),
                "examples": [list(group[:SHOWN]) for group in doubles[:SHOWN]],
            },
            "failing": {
                kind: {"rows": round(number * scale), "examples": found.failing_rows[kind]}
                for kind, number in found.failing.most_common()
            },
            "prompts": [asdict(prompt) for prompt in found.prompts],
            "estimate": asdict(self.estimate),
        }


def outlook(config: JobConfig, model: ModelFacts, portion: Portion | None = None) -> Outlook:
    """Raises what planning raises: ConfigError, SourceError, PlanMismatch."""
    source = open_job_source(config)
    plan = make_plan(config, source, portion=portion)
    found = survey(plan, is_folder=source.kind == "folder")
    folder = Path(config.output.path)
    begun = (volume.home(folder) / LEDGER_NAME).exists()
    done = read_status(folder) if begun else None
    reckoned = estimate(
        plan.config,
        found,
        soft_tokens=model.soft_tokens,
        count_tokens=model.count_tokens,
        bench=model.bench,
        memory=model.memory,
        earlier_answer=_earlier_answer(done),
        done=done.counts.done if done else 0,
    )
    return Outlook(plan, found, model, reckoned, done)


def _earlier_answer(done: LedgerStatus | None) -> float | None:
    if done is None or done.counts.requests < ENOUGH_REQUESTS:
        return None
    return done.counts.completion_tokens / done.counts.requests
