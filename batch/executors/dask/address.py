"""The scheduler's address, and what must be encrypted: whoever reaches a Dask port without TLS runs code there."""

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from distributed import Security

from batch.errors import ConfigError

LOCAL = "local:"
SCHEMES = ("tcp", "tls")


@dataclass(frozen=True)
class TLS:
    """Files in PEM form: the authority that signed everybody's certificate, this machine's certificate and its key."""

    ca: str | None = None
    cert: str | None = None
    key: str | None = None

    def security(self, address: str, *roles: Literal["client", "worker"]) -> Any:
        """For Dask, in these roles. What is not given comes from Dask's own configuration. Raises ConfigError."""
        for path in (self.ca, self.cert, self.key):
            if path is not None and not Path(path).is_file():
                raise ConfigError(f"{path!r} is to be a TLS file in PEM form, and is not there")
        given = {"tls_ca_file": self.ca, "tls_client_cert": self.cert, "tls_client_key": self.key,
                 "tls_worker_cert": self.cert, "tls_worker_key": self.key}  # fmt: skip
        encrypted = urlsplit(address).scheme == "tls"
        security = Security(require_encryption=encrypted, **{name: path for name, path in given.items() if path})
        try:
            complete = all(security.get_connection_args(role)["ssl_context"] for role in roles)
        except OSError as error:  # ssl's errors are such
            raise ConfigError(
                f"the TLS files cannot be used, they are no certificates and key in PEM form: {error}"
            ) from error
        if encrypted and not complete:
            raise ConfigError(
                f"{address!r} wants certificates: executor.tls_ca, tls_cert and tls_key (a node: --tls-ca, --tls-cert "
                "and --tls-key), or those of Dask's own configuration. docs/many-machines.md says how to make them"
            )
        return security


def check_address(address: str, *, insecure: bool) -> None:
    """Raises ConfigError for what is no scheduler's address, and for one that is neither encrypted nor this machine."""
    parts = urlsplit(address)
    try:
        complete = parts.scheme in SCHEMES and parts.hostname and parts.port
    except ValueError:
        complete = False
    if not complete:
        raise ConfigError(
            f"{address!r} is no scheduler's address, such as tls://studio.local:8786 or tcp://localhost:8786"
        )
    if parts.scheme == "tcp" and not insecure and not is_loopback(parts.hostname or ""):
        raise ConfigError(
            f"{address!r} is not encrypted, and whoever can reach such a port runs programs on every machine of the "
            "cluster. Use tls:// (docs/many-machines.md says how), or --insecure where nobody else is on the network"
        )


def local_nodes(address: str) -> int | None:
    """N of `local:N`, a cluster on this machine for trying; None for a real address. Raises ConfigError."""
    if not address.startswith(LOCAL):
        return None
    count = address.removeprefix(LOCAL)
    if not count.isdigit() or int(count) < 1:
        raise ConfigError(f"executor dask={address}: write how many nodes, such as dask=local:2")
    return int(count)


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
