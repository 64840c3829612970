"""`gemma4-batch plan`, which is `run --dry-run`: what a job would do and take; nothing is loaded or written."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from batch.commands.options import AsJson, ConfigPath, load_job

if TYPE_CHECKING:
    from pathlib import Path

    from batch.config.job import JobConfig
    from batch.portion import Portion
    from batch.survey.estimate import Figure
    from batch.survey.outlook import ModelFacts


def plan(
    config: ConfigPath,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="change a key: --set sampling.seed=7")
    ] = None,
    limit: Annotated[int | None, typer.Option(help="only the first N rows", min=0)] = None,
    as_json: AsJson = False,
) -> None:
    """What a job would do: rows, media, doubles, rows that will fail, prompts, tokens, memory, time, disk."""
    show_plan(load_job(config, set_, limit), as_json=as_json)


def show_plan(job: "JobConfig", portion: "Portion | None" = None, *, as_json: bool = False) -> None:
    """Reads headers, footers and a few rows."""
    from batch.survey.outlook import outlook
    from batch.terminal.plan import plan_text

    found = outlook(job, _model_facts(job), portion).as_dict()
    typer.echo(json.dumps(found, ensure_ascii=False, indent=2) if as_json else plan_text(found))


def _model_facts(job: "JobConfig") -> "ModelFacts":
    from batch.errors import ModelError
    from batch.gemma.registry import checked_model
    from batch.survey.outlook import ModelFacts

    try:
        model = checked_model(job)
    except ModelError as error:
        return ModelFacts(job.model.path, job.media.soft_tokens, problem=str(error))
    if model.path is None:
        return ModelFacts(job.model.path, job.media.soft_tokens)
    from batch.gemma.answer import load_tokenizer
    from batch.gemma.fingerprint import fingerprint
    from batch.measured import read

    tokenizer = load_tokenizer(model.path)
    return ModelFacts(
        name=job.model.path,
        soft_tokens=_soft_tokens(job, model.path),
        grade=model.ple.grade if model.ple else None,
        memory=_memory(job, model.path),
        bench=read(fingerprint(model.path)),
        count_tokens=lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids),
    )


def _soft_tokens(job: "JobConfig", path: "Path") -> int:
    """Of an image: the job's budget, or the most the checkpoint knows."""
    from batch.gemma.headers import read_json

    most = (read_json(path / "processor_config.json").get("image_processor") or {}).get("max_soft_tokens")
    return min(job.media.soft_tokens, most or job.media.soft_tokens)


def _memory(job: "JobConfig", path: "Path") -> "Figure":
    from batch.gemma.memory import check_memory, need
    from batch.survey.estimate import Figure

    slots, memory = job.engine.slots, job.engine.memory
    fitting = check_memory(
        path,
        job.model.dtype,
        slots=None if slots == "auto" else slots,
        memory=None if memory == "auto" else memory,
        soft_tokens=job.media.soft_tokens,
    )
    needed = need(path, job.model.dtype, job.media.soft_tokens)
    return Figure(needed.total(fitting), f"the checkpoint's headers, {fitting} requests at once")
