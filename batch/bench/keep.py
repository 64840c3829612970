"""What a bench says of costs, kept for later estimates (batch/measured.py)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from batch import measured
from batch.measured import Measured


def keep(report: Mapping[str, Any]) -> Path | None:
    """Where it was kept; None where costs were not measured. Raises OSError."""
    if "costs" not in report:
        return None
    model = report["model"]
    found = Measured(
        dtype=model["dtype"], soft_tokens=model["soft_tokens"], made_at=report["began_at"], **report["costs"]
    )
    return measured.write(model["fingerprint"], found)
