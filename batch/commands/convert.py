"""`gemma4-batch convert`: a PLE-safe checkpoint from an unquantised one."""

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from batch.commands.options import Revision
from batch.commands.percent import Percent
from batch.errors import ModelError


class Bits(Enum):
    """`--bits`."""

    four = "4"
    eight = "8"
    bf16 = "bf16"


def convert(
    source: Annotated[str, typer.Argument(metavar="SRC", help="folder or Hub id of an unquantised checkpoint")],
    destination: Annotated[Path, typer.Argument(metavar="DST", help="the new folder; it must not be there yet")],
    bits: Annotated[Bits, typer.Option(help="of the modules that may be quantised; bf16 quantises nothing")],
    group_size: Annotated[
        int | None, typer.Option(help="numbers that share a scale: 32, 64 or 128; 64 where --mode does not fix it")
    ] = None,
    mode: Annotated[str, typer.Option(help="affine, mxfp4, mxfp8 or nvfp4")] = "affine",
    dtype: Annotated[
        str | None, typer.Option(help="float32, bfloat16 or float16 for the rest; otherwise as in the source")
    ] = None,
    revision: Revision = None,
) -> None:
    """Make a PLE-safe MLX checkpoint: only attention, MLP and experts are quantised, the rest stays as it is."""
    from batch.config.sections import ModelConfig
    from batch.gemma.convert import convert as convert_folder
    from batch.gemma.inspect import inspection_text
    from batch.gemma.registry import resolve
    from batch.machine.support import check_machine

    check_machine()
    found = resolve(ModelConfig(path=source, revision=revision))
    if found.path is None:
        raise ModelError(f"model {source!r} has no checkpoint to convert")
    name = f"{found.name}@{found.revision}" if found.revision else found.path.name
    written = convert_folder(
        found.path,
        destination,
        bits.value,
        group_size=group_size,
        mode=mode,
        dtype=dtype,
        name=name,
        progress=Percent("written"),
    )
    typer.echo(inspection_text(written))
