"""The cluster that a job's config asks for."""

import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from batch.config.job import JobConfig
from batch.errors import ConfigError
from batch.executors.dask.address import TLS, check_address, local_nodes
from batch.executors.dask.executor import DaskExecutor


def cluster(job: JobConfig, *, identity: Mapping[str, Any], ple_grade: str | None, insecure: bool) -> DaskExecutor:
    """Connects only when it is started. Raises ConfigError for an address that will not do."""
    asked = job.executor
    if asked.scheduler is None:
        raise ConfigError("executor.scheduler is missing")
    nodes = local_nodes(asked.scheduler)
    security = None
    if nodes is None:
        check_address(asked.scheduler, insecure=insecure)
        security = TLS(asked.tls_ca, asked.tls_cert, asked.tls_key).security(asked.scheduler, "client")
    return DaskExecutor(
        asked.scheduler,
        security=security,
        local_nodes=nodes,
        identity={key: value for key, value in identity.items() if key.startswith("model.")},
        ple_grade=ple_grade,
        path_map=asked.path_map,
        ship_media=asked.ship_media,
        owner=f"{Path(job.output.path).absolute()} on {socket.gethostname()}",
    )
