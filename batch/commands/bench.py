"""`gemma4-batch bench`: how fast this machine is, against what people use otherwise and against the limit."""

import json
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

from batch.commands.options import DType, writable, write_text


class Workload(Enum):
    """`--workload`."""

    captions = "captions"
    transcripts = "transcripts"
    questions = "questions"
    prompts = "prompts"
    mixed = "mixed"


class Measure(Enum):
    """`--measure`."""

    costs = "costs"
    speed = "speed"
    runner = "runner"
    reuse = "reuse"
    server = "server"
    preparing = "preparing"
    growth = "growth"


class Size(Enum):
    """`--config`."""

    e2b = "e2b"
    e4b = "e4b"
    a4b = "26b-a4b"
    dense = "31b"


class Precision(Enum):
    """`--precision`."""

    bf16 = "bf16"
    bit8 = "8bit"
    bit4 = "4bit"


QUICK_REQUESTS, QUICK_REPEATS = 16, 2


def bench(
    model: Annotated[str, typer.Argument(help="short name, Hub id or folder of a model on this disk")] = "demo",
    config: Annotated[Size | None, typer.Option(help="random weights of this size, in place of MODEL")] = None,
    precision: Annotated[Precision, typer.Option(help="of the random weights")] = Precision.bf16,
    dtype: Annotated[DType, typer.Option(help="precision of what is not quantised")] = DType.auto,
    measure: Annotated[
        list[Measure] | None, typer.Option(help="only these; all but `growth` where it is left out")
    ] = None,
    workload: Annotated[list[Workload] | None, typer.Option(help="of `speed` and `server`: only these")] = None,
    slots: Annotated[
        int | None, typer.Option(min=1, help="requests that run at once; 8, in `costs` as many as a job would take")
    ] = None,
    requests: Annotated[int, typer.Option(min=2, help="requests a run")] = 64,
    repeats: Annotated[int, typer.Option(min=1, help="rounds; each runs every contender once")] = 3,
    soft_tokens: Annotated[int | None, typer.Option(help="of an image; the checkpoint's own, or 280")] = None,
    longest: Annotated[int | None, typer.Option(min=1, help="cut answers to so many tokens")] = None,
    photo: Annotated[list[Path] | None, typer.Option(exists=True, dir_okay=False, help="prepare this one too")] = None,
    rows: Annotated[list[int] | None, typer.Option(min=100, help="of `growth`: sizes; 1,000 and 10,000")] = None,
    seed: Annotated[int, typer.Option(help="of the requests")] = 0,
    quick: Annotated[bool, typer.Option("--quick", help="a look only: few requests, captions and questions")] = False,
    json_: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="write the report as JSON")] = None,
    markdown: Annotated[Path | None, typer.Option(metavar="FILE", help="write the report as Markdown")] = None,
) -> None:
    """Measure this machine: this engine, mlx-vlm in its usual ways, and the limit from the pieces."""
    from batch.machine.support import check_machine

    check_machine()
    for path in (json_, markdown):
        if path is not None:
            writable(path)
    from batch.bench.bench import Asked
    from batch.bench.bench import bench as run_bench
    from batch.bench.table import markdown as markdown_text

    measures = measure or ([Measure.speed] if quick else [item for item in Measure if item is not Measure.growth])
    chosen = workload or ([Workload.captions, Workload.questions] if quick else list(Workload))
    asked = Asked(
        model=model,
        size=config.value if config is not None else None,
        precision=precision.value,
        dtype=dtype.value,
        measures=tuple(item.value for item in measures),
        workloads=tuple(item.value for item in chosen),
        slots=slots,
        requests=min(requests, QUICK_REQUESTS) if quick else requests,
        repeats=min(repeats, QUICK_REPEATS) if quick else repeats,
        seed=seed,
        soft_tokens=soft_tokens,
        longest=longest,
        photos=tuple(photo or ()),
        rows=tuple(rows or (1_000, 10_000)),
    )
    report = run_bench(asked, lambda line: typer.echo(line, err=True))
    typer.echo(markdown_text(report), nl=False)
    _keep(report)
    if json_ is not None:
        write_text(json_, json.dumps(report, ensure_ascii=False, indent=2) + "\n")
    if markdown is not None:
        write_text(markdown, markdown_text(report))


def _keep(report: dict[str, Any]) -> None:
    """For later estimates. That it cannot be kept ends nothing."""
    from batch.bench.keep import keep

    try:
        path = keep(report)
    except OSError as exc:
        typer.echo(f"the speeds cannot be kept for later estimates: {exc}", err=True)
    else:
        if path is not None:
            typer.echo(f"kept for later estimates: {path}", err=True)
