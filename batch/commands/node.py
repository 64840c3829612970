"""`gemma4-batch node`: this machine works for whoever runs a job on the cluster."""

import socket
from pathlib import Path
from typing import Annotated

import typer

from batch.commands.options import need_dask
from batch.errors import ConfigError


def node(
    scheduler: Annotated[str, typer.Argument(metavar="ADDRESS", help="tls://HOST:8786", show_default=False)],
    name: Annotated[str | None, typer.Option(help="what to call this machine; the host's name otherwise")] = None,
    path_map: Annotated[
        list[str] | None,
        typer.Option("--path-map", metavar="THERE=HERE", help="a folder of the runner's, and where it is here"),
    ] = None,
    tls_ca: Annotated[Path | None, typer.Option(help="PEM file of the authority that signed all certificates")] = None,
    tls_cert: Annotated[Path | None, typer.Option(help="PEM file of this machine's certificate")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="PEM file of its key")] = None,
    insecure: Annotated[bool, typer.Option(help="allow a cluster without TLS beyond this machine")] = False,
) -> None:
    """Let this machine work for a cluster (docs/many-machines.md), until Ctrl-C."""
    from batch import __version__
    from batch.machine.memory import memory_bytes
    from batch.machine.sleep import StayAwake
    from batch.machine.support import check_machine

    check_machine()
    need_dask()
    # Late on purpose: Dask is an extra, and has no place in `--help`.
    from batch.executors.dask.address import TLS, check_address
    from batch.executors.dask.serve import NodeOptions, serve

    check_address(scheduler, insecure=insecure)
    tls = TLS(*(str(path) if path else None for path in (tls_ca, tls_cert, tls_key)))
    options = NodeOptions(scheduler, name or socket.gethostname(), tls, _pairs(path_map or []))
    typer.echo(f"gemma4-batch {__version__}, {memory_bytes() / 1e9:.0f} GB of memory", err=True)
    awake = StayAwake()
    awake.hold()
    try:
        serve(options, lambda message: typer.echo(message, err=True))
    finally:
        awake.release()


def _pairs(written: list[str]) -> dict[str, str]:
    pairs = {}
    for text in written:
        there, equals, here = text.partition("=")
        if not (there and equals and here):
            raise ConfigError(f"--path-map {text!r}: write THERE=HERE, such as /Volumes/photos=/mnt/photos")
        pairs[there] = here
    return pairs
