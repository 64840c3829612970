"""A warm process for the whole folder: the jobs of these tests are forks of it (zygote.py)."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.sweep import SHARED
from tests.faults.zygote import Zygote


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    place = Path(tempfile.mkdtemp(prefix="zygote-", dir=SHARED))
    with Zygote(place / "socket") as running:
        yield running
    shutil.rmtree(place)
