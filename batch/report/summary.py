"""What is said of a job in a few lines, for the page and for Markdown alike. Texts are plain, not escaped."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from batch.config.job import dump_yaml
from batch.durable import size
from batch.report.histogram import Histogram, histogram
from batch.report.job import ReportJob
from batch.report.pace import Pace, pace
from batch.report.survey import Survey
from batch.result import STATUSES
from batch.terminal.rates import duration

STATUS_WORDS = {"ok": "ok", "partial": "partial", "failed": "failed", "no_speech": "no speech"}
MEDIUM_WORDS = {"image": "thumbnails", "audio": "clips"}


@dataclass(frozen=True, slots=True)
class Summary:
    """`figures` are the few large ones: (label, value, remark). `facts`: (label, value). `statuses`, `errors`, `flags`:
    (name, rows), most frequent first, only what occurs. `notes` say what is missing here."""

    title: str
    subtitle: str
    state: str
    figures: tuple[tuple[str, str, str], ...]
    facts: tuple[tuple[str, str], ...]
    statuses: tuple[tuple[str, int], ...]
    errors: tuple[tuple[str, int], ...]
    flags: tuple[tuple[str, int], ...]
    pace: Pace | None
    lengths: Histogram | None
    prompt: str
    system: str | None
    config: str
    notes: tuple[str, ...]


def summarise(job: ReportJob, survey: Survey) -> Summary:
    """The summary of what `survey` found."""
    counts, config = survey.counts, job.config
    source = config.source.path or config.source.dataset or ""
    return Summary(
        title=job.folder.resolve().name,
        subtitle=f"{config.task}, {_short(source)}",
        state=job.status.state,
        figures=tuple(_figures(job, survey)),
        facts=tuple(_facts(job, source)),
        statuses=tuple((status, counts.rows[status]) for status in STATUSES if counts.rows[status]),
        errors=tuple(counts.errors.most_common()),
        flags=tuple(counts.flags.most_common()),
        pace=pace(job),
        lengths=histogram(survey.lengths),
        prompt=job.prompt,
        system=config.system,
        config=dump_yaml(config),
        notes=tuple(_notes(job, survey)),
    )


def _figures(job: ReportJob, survey: Survey) -> list[tuple[str, str, str]]:
    counts, status = survey.counts, job.status
    total = status.total_rows
    unfinished = f"of {number(total)}" if survey.rows != total else "all of them"
    found = [("rows", number(survey.rows), unfinished)]
    found.append(("failed", number(counts.rows["failed"]), percent(counts.rows["failed"], survey.rows)))
    if counts.compared:
        met = f"{number(counts.correct)} of {number(counts.compared)}"
        found.append(("right answers", percent(counts.correct, counts.compared), met))
    if counts.audio_seconds:
        found.append(("audio", duration(counts.audio_seconds), "of recordings"))
    worked_s = seconds_at_work(job)
    if worked_s:
        runs = len(job.view.runs)
        found.append(("time", duration(worked_s), f"in {runs} run{'s' * (runs != 1)}"))
        found.append(("pace", f"{survey.rows / worked_s * 60:.3g}", "rows a minute"))
    found.append(("tokens", number(counts.completion_tokens), f"generated; {number(counts.prompt_tokens)} read"))
    return found


def seconds_at_work(job: ReportJob) -> float | None:
    """Of all runs; one that was killed counts to the last sign of it, None where there is none at all."""
    signs = [path.stat().st_mtime for path in (job.folder / "data").glob("part-*.parquet")]
    total, known = 0.0, False
    begins = [*(began for began, _ in job.view.runs[1:]), float("inf")]
    for (began, ended), following in zip(job.view.runs, begins, strict=False):
        if ended is None:
            running = job.status.running and following == float("inf")
            ended = time.time() if running else max((at for at in signs if began < at < following), default=None)
        if ended is not None:
            total, known = total + ended - began, True
    return total if known else None


def _facts(job: ReportJob, source: str) -> list[tuple[str, str]]:
    config, worker = job.config, job.view.worker
    sampling = config.sampling
    chosen = "greedy" if sampling.temperature == 0 else f"temperature {sampling.temperature:g}, seed {sampling.seed}"
    facts: list[tuple[str, Any]] = [
        ("source", source),
        ("model", config.model.path),
        ("revision", worker.get("revision")),
        ("precision", worker.get("dtype")),
        ("PLE grade", worker.get("ple_grade")),
        ("slots", worker.get("slots")),
        ("device", worker.get("device")),
        ("sampling", f"{chosen}, at most {sampling.max_tokens} tokens"),
        ("begun", _when(job.status.begun_at)),
        ("state", job.status.state),
        ("fingerprint", (job.status.fingerprint or "")[:16]),
        ("folder", str(job.folder)),
    ]
    return [(label, str(value)) for label, value in facts if value not in (None, "")]


def _notes(job: ReportJob, survey: Survey) -> list[str]:
    notes = list(job.notes)
    if survey.rows < job.status.total_rows:
        left = number(job.status.total_rows - survey.rows)
        notes.insert(0, f"{left} rows are not done yet ({job.status.state}); the same run command goes on with them.")
    return notes


def preview_notes(left_out: Mapping[str, int], missing: Mapping[str, int], used_bytes: int) -> list[str]:
    """What has no thumbnail and no clip, and why."""
    notes = [
        f"{number(rows)} rows have no {MEDIUM_WORDS[medium]} here: they are beyond this report's limits "
        f"({size(used_bytes)} are used); `gemma4-batch report --help` names the limits."
        for medium, rows in left_out.items()
        if rows
    ]
    if gone := missing.get("missing_file", 0):
        notes.append(f"The media of {number(gone)} rows are not where they were, so they are not shown.")
    others = {kind: rows for kind, rows in missing.items() if kind not in ("missing_file", "missing_media")}
    if others:
        kinds = ", ".join(f"{number(rows)} {kind}" for kind, rows in others.items())
        notes.append(f"Not shown, because they cannot be decoded or are not local: {kinds}.")
    return notes


def number(value: int) -> str:
    """With thin spaces between thousands."""
    return f"{value:,}".replace(",", "\u202f")


def percent(part: int, whole: int) -> str:
    if not whole:
        return "0 %"
    share = 100 * part / whole
    return f"{share:.1f} %" if 0 < share < 100 else f"{share:.0f} %"


def _short(source: str) -> str:
    parts = source.rstrip("/").split("/")
    return "/".join(parts[-2:])


def _when(at: float | None) -> str | None:
    return None if at is None else time.strftime("%Y-%m-%d %H:%M", time.localtime(at))
