from collections.abc import Callable
from pathlib import Path

import pytest

from tests.gemma.tiny import Architecture, build


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Architecture], Path]:
    """The folder of a tiny random checkpoint of an architecture, built once a session."""
    root = tmp_path_factory.mktemp("tiny")

    def checkpoint(architecture: Architecture) -> Path:
        folder = root / architecture
        return folder if folder.exists() else build(folder, architecture)

    return checkpoint
