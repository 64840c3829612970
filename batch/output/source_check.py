"""Is the source what it was when the job was planned, as far as that can be seen cheaply?

Every file is there with its size, first and last bytes (what the plan itself pins). What lies between is not read.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from batch.config.job import JobConfig, answer_identity, load_config
from batch.errors import BatchError
from batch.ledger.stored_job import StoredJob
from batch.output.receipt import Difference, SourceCheck
from batch.plan import flattened, identity_value
from batch.records import SourceFile
from batch.source.listing import same_content
from batch.source.source import open_source
from batch.tasks import TASKS

HOW = "every file by its size, first and last bytes; what lies between was not read"
NOT_LOOKED = SourceCheck("not_checked", "not looked at")
NO_LEDGER = SourceCheck("not_checked", "there is no ledger here that says what it was")
CHOSEN_BY_THE_PLAN = ("source.image_column", "source.audio_column", "prompt.text")  # where job.yaml leaves them out


def read_config(path: Path) -> JobConfig | None:
    """job.yaml; None where it is not there or cannot be understood."""
    try:
        return load_config(path)
    except BatchError:
        return None


def config_differences(config: JobConfig, identity: Mapping[str, str]) -> Iterator[Difference]:
    """job.yaml says what was run: all that answers depend on is as the ledger has it."""
    for key, value in flattened("", answer_identity(config)):
        if key in CHOSEN_BY_THE_PLAN and value is None:
            continue
        if key in identity and identity[key] != identity_value(value):
            yield Difference("config", "job.yaml", f"{key} is {identity_value(value)}, the job had {identity[key]}")


def check(config: JobConfig | None, job: StoredJob) -> tuple[SourceCheck, list[Difference]]:
    """What became of the pinned files."""
    if config is None:
        return SourceCheck("not_checked", "job.yaml cannot be read, which says where it is", len(job.files)), []
    if config.source.dataset is not None:
        commit = job.identity.get("source.commit", "unknown").strip('"')
        return SourceCheck("pinned", f"{config.source.dataset} at commit {commit}", len(job.files)), []
    try:
        now = _files_now(config, job.files)
    except BatchError as error:
        return SourceCheck("not_checked", str(error), len(job.files)), []
    differences = list(_differences(job.files, now))
    new = len(now.keys() - {file.path for file in job.files})
    return SourceCheck("changed" if differences else "unchanged", HOW, len(job.files), new), differences


def _files_now(config: JobConfig, pinned: tuple[SourceFile, ...]) -> Mapping[str, SourceFile]:
    source = open_source(config.source, output_path=config.output.path, shard_media=TASKS[config.task].needs)
    # Without their times: a file is opened even where its time has not changed.
    known = [replace(file, fingerprint=f"{file.fingerprint.partition('@')[0]}@") for file in pinned]
    return {file.path: file for file in source.files(known, config.source.limit)}


def _differences(pinned: tuple[SourceFile, ...], now: Mapping[str, SourceFile]) -> Iterator[Difference]:
    for old in pinned:
        new = now.get(old.path)
        if new is None:
            yield Difference("source_missing", old.path, "is not in the source any more")
        elif not same_content(old, new):
            what = f"had {old.size} bytes" if old.size != new.size else "has other bytes at its beginning or end"
            yield Difference(
                "source_changed", old.path, what + (f", has {new.size} now" if old.size != new.size else "")
            )
