"""From `model:` in a config to a folder on this disk. Nothing is downloaded unless it is asked for.

Finding a model that is there opens no socket. huggingface_hub is imported only for a Hub model.
"""

import difflib
import re
from dataclasses import dataclass, replace
from pathlib import Path

from batch.config.job import JobConfig
from batch.config.sections import ModelConfig
from batch.errors import ModelError
from batch.gemma.fingerprint import fingerprint
from batch.gemma.memory import check_memory
from batch.gemma.weights import PLEGrade, missing_files, preflight
from batch.tasks import TASKS

DEMO = Path(__file__).parent / "demo"
FAKE = "fake"
HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
# Short name -> gigabytes (10^9 bytes) on disk, of FakeRockert543/gemma-4-<size>-it-MLX-<precision>.
PUBLISHED = {
    "e2b-4bit": 7.6, "e2b-8bit": 8.5, "e2b-bf16": 10.2,
    "e4b-4bit": 10.3, "e4b-8bit": 12.3, "e4b-bf16": 16.0,
    "26b-a4b-4bit": 16.4, "26b-a4b-8bit": 28.6, "26b-a4b-bf16": 51.6,
    "31b-4bit": 20.4, "31b-8bit": 35.1, "31b-bf16": 62.5,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ResolvedModel:
    """A checkpoint on this disk. `path` is None for the fake engine, `revision` a commit of the Hub or None.

    `ple` is known once the checkpoint was checked.
    """

    name: str
    path: Path | None
    revision: str | None
    ple: PLEGrade | None = None


def checked_model(config: JobConfig, *, pull: bool = False) -> ResolvedModel:
    """The job's model, found and checked from its headers: whole, able to take the job's media, PLE-safe, and small
    enough for this machine.

    Raises ModelError.
    """
    model = resolve(config.model, pull=pull)
    if model.path is None:
        return model
    named = {"image": config.source.image_column, "audio": config.source.audio_column}
    task = TASKS[config.task]
    needs = {medium for medium in task.takes if medium == task.needs or named[medium]}
    grade = preflight(model.path, needs, config.model.allow_unsafe_ple)
    slots, memory = config.engine.slots, config.engine.memory
    check_memory(
        model.path,
        config.model.dtype,
        slots=None if slots == "auto" else slots,
        memory=None if memory == "auto" else memory,
        soft_tokens=config.media.soft_tokens,
    )
    return replace(model, ple=grade)


def identity_of(model: ResolvedModel) -> dict[str, str | None]:
    """What the answers depend on beside the model's name: a commit of the Hub, or else what the folder holds."""
    if model.path is None or model.revision:
        return {"model.commit": model.revision, "model.checkpoint": None}
    return {"model.commit": None, "model.checkpoint": fingerprint(model.path)}


def resolve(model: ModelConfig, *, pull: bool = False) -> ResolvedModel:
    """`demo`, `fake`, a folder, a short name or a Hub id, as a folder on this disk.

    With `pull`, a Hub model that is not on this disk is downloaded, pinned to a commit. Raises
    ModelError, which names the size and the command, for one that is not there otherwise.
    """
    name, short = model.path, model.path.lower()
    if short in PUBLISHED:
        return _hub(repository(short), short, model.revision, pull)
    if name in ("demo", FAKE):
        return _without_revision(model, ResolvedModel(name, DEMO if name == "demo" else None, None))
    folder = Path(name)
    if folder.is_dir():
        return _without_revision(model, ResolvedModel(name, folder.resolve(), None))
    if folder.exists():
        raise ModelError(f"model is {name!r}, which is a file; name the folder of a checkpoint in MLX form")
    if HUB_ID.fullmatch(name) and not name.startswith("."):
        return _hub(name, None, model.revision, pull)
    if "/" in name:
        raise ModelError(f"model is {name!r}: there is no such folder (looked in {Path.cwd()})")
    close = difflib.get_close_matches(short, ("demo", *PUBLISHED), n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"short names: demo, {', '.join(PUBLISHED)}"
    raise ModelError(f"model is {name!r}: no short name, no folder here, no Hub id (org/name); {hint}")


def hub_id(name: str) -> str | None:
    """The Hub id that `model:` means, or None where it names a folder, a file, or a model that comes along."""
    if name.lower() in PUBLISHED:
        return repository(name.lower())
    named = HUB_ID.fullmatch(name) and not name.startswith(".") and not Path(name).exists()
    return name if named else None


def repository(short: str) -> str:
    """The Hub id of a short name."""
    size, _, precision = short.rpartition("-")
    return f"FakeRockert543/gemma-4-{size}-it-MLX-{precision}"


def _without_revision(model: ModelConfig, resolved: ResolvedModel) -> ResolvedModel:
    if model.revision is not None:
        raise ModelError(
            f"model.revision is {model.revision!r}, but model {model.path!r} comes from this disk, not from the Hub; "
            "remove the revision"
        )
    return resolved


def _hub(repo: str, short: str | None, revision: str | None, pull: bool) -> ResolvedModel:
    from batch.gemma.download import pull as download

    path = on_this_disk(repo, revision)
    missing = missing_files(path) if path else []
    if path is None or missing:
        if not pull:
            raise _not_here(repo, short, revision, missing)
        path = download(repo, revision)
        missing = missing_files(path)
        if missing:
            raise ModelError(f"{repo}: the Hub has no {', '.join(missing)}; it is no Gemma 4 checkpoint in MLX form")
    return ResolvedModel(repo, path, path.name)


def on_this_disk(repo: str, revision: str | None) -> Path | None:
    """The snapshot's folder in the cache, which may not be whole, or None. Opens no socket."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    from batch.gemma.download import UNWANTED, WANTED

    wanted, unwanted = [*WANTED], [*UNWANTED]
    try:
        return Path(
            snapshot_download(
                repo, revision=revision, local_files_only=True, allow_patterns=wanted, ignore_patterns=unwanted
            )
        )
    except LocalEntryNotFoundError:
        return None
    except HFValidationError as exc:
        raise ModelError(f"model is {repo!r}, which is no Hub id: {exc}") from exc


def _not_here(repo: str, short: str | None, revision: str | None, missing: list[str]) -> ModelError:
    known = (
        f"model {short} ({repo}, {PUBLISHED[short]:g} GB)" if short else f"model {repo} (its Hub page says the size)"
    )
    state = f"is only partly on this disk (missing: {', '.join(missing[:3])})" if missing else "is not on this disk"
    at = f" --revision {revision}" if revision else ""
    return ModelError(
        f"{known} {state}; to download it, add --pull to `gemma4-batch run`, "
        f"or run: gemma4-batch models pull {short or repo}{at}"
    )
