"""Whether a node may work for a job: the same version and the same model, and where they lie on this machine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from batch import __version__
from batch.config.job import JobConfig
from batch.errors import ModelError, WorkerError
from batch.records import SourceFile
from batch.source.path_map import mapped
from batch.source.same import check_same


@dataclass(frozen=True)
class ModelHere:
    """What the runner has: its version, and its model's identity and PLE grade (None for the fake)."""

    version: str
    identity: Mapping[str, Any]
    ple_grade: str | None


def checked_job(
    config: str, runner: ModelHere, path_map: Mapping[str, str], files: Sequence[SourceFile] = ()
) -> tuple[str, str]:
    """The job's config (JSON) with this machine's paths, and the model's folder on it ("" for the fake).

    `files`: some of the source's, that must be here. Raises WorkerError (another version), ModelError (no model here,
    or another one: both are named), SourceError (other files, or none).
    """
    if runner.version != __version__:
        raise WorkerError(
            f"this node has gemma4-batch {__version__}, the runner has {runner.version}: install the same version"
        )
    job = mapped_job(JobConfig.model_validate_json(config), path_map)
    # Late on purpose: the model tools are for a node with a job, not for one that waits.
    from batch.gemma.registry import checked_model, identity_of

    model = checked_model(job, pull=False)
    mine = identity_of(model)
    if mine != dict(runner.identity):
        raise ModelError(
            f"model {job.model.path!r} on this node is {_shown(mine)}, on the runner {_shown(runner.identity)}: "
            "answers would differ. Put the same revision on both (gemma4-batch models pull NAME --revision COMMIT)"
        )
    grade = model.ple.grade if model.ple else None
    if grade != runner.ple_grade:
        raise ModelError(f"the model's PLE grade is {grade!r} on this node and {runner.ple_grade!r} on the runner")
    check_same(job.source, files)
    return job.model_dump_json(by_alias=True), str(model.path or "")


def absolute(config: str) -> str:
    """The job's config (JSON) with paths that mean the same in any folder; the runner's, as they are."""
    job = JobConfig.model_validate_json(config)
    source = job.source.model_copy(
        update={
            "path": _absolute(job.source.path) if job.source.is_local else job.source.path,
            "media_root": _absolute(job.source.media_root),
        }
    )
    model = job.model
    if Path(model.path).is_dir():
        model = model.model_copy(update={"path": _absolute(model.path)})
    return job.model_copy(update={"source": source, "model": model}).model_dump_json(by_alias=True)


def _absolute(path: str | None) -> str | None:
    return None if path is None else str(Path(path).absolute())


def mapped_job(job: JobConfig, path_map: Mapping[str, str]) -> JobConfig:
    """The job with every path that begins with one of the runner's folders turned into this machine's, and with the
    map for those in rows."""
    source = job.source.model_copy(
        update={
            "path": job.source.path and mapped(job.source.path, path_map),
            "media_root": job.source.media_root and mapped(job.source.media_root, path_map),
        }
    )
    model = job.model.model_copy(update={"path": mapped(job.model.path, path_map)})
    executor = job.executor.model_copy(update={"path_map": dict(path_map)})
    return job.model_copy(update={"source": source, "model": model, "executor": executor})


def _shown(identity: Mapping[str, Any]) -> str:
    commit = identity.get("model.commit")
    return f"revision {commit}" if commit else f"checkpoint {identity.get('model.checkpoint')}"
