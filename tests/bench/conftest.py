from pathlib import Path

import pytest

from tests.gemma.tiny import build


@pytest.fixture(scope="session")
def tiny_e(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random checkpoint built like E2B, float32."""
    return build(tmp_path_factory.mktemp("bench") / "e", "e")
