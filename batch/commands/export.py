"""`gemma4-batch export`: a job's rows in the form other software wants."""

from enum import Enum
from typing import Annotated

import typer

from batch.commands.options import Folder


class Form(Enum):
    """`--to`; what each is, and its writer, stands in export/exports.py."""

    jsonl = "jsonl"
    csv = "csv"
    txt = "txt"
    srt = "srt"
    vtt = "vtt"
    tsv = "tsv"
    json = "json"
    xmp = "xmp"
    imagefolder = "imagefolder"
    hub = "hub"
    openai_batch = "openai-batch"
    sqlite = "sqlite"


def export(
    folder: Folder,
    to: Annotated[Form, typer.Option("--to", help="the form; docs/exporting.md says what each is")],
    out: Annotated[
        str | None,
        typer.Option(
            metavar="PLACE",
            help="file, folder, `-` for standard output, or a Hub dataset; else export/ in the job's folder",
        ),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="also rows whose status is not ok")] = False,
    overwrite: Annotated[bool, typer.Option(help="replace files that are at --out already")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="xmp: say what would be done, and write nothing")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="xmp: put all sidecars back as they were")] = False,
    private: Annotated[bool, typer.Option("--private", help="hub: only you see the dataset")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="xmp: also texts that somebody else wrote")] = False,
) -> None:
    """Write the rows as subtitles, text files, tables, sidecars, or a dataset."""
    from batch.export.exports import export as export_rows
    from batch.export.wanted import STDOUT, Wanted

    wanted = Wanted(
        out=out, every=every, overwrite=overwrite, dry_run=dry_run, undo=undo, replace=replace, private=private
    )
    written = export_rows(folder, to.value, wanted)
    for note in written.notes:
        typer.echo(note, err=True)
    files = "" if written.files == 1 else f" in {written.files} files"
    typer.echo(f"{written.rows} rows{files}: {written.where}", err=out == STDOUT)
