"""A local Hub behind HF_ENDPOINT, and a name no other test's repository has (the cache is the session's)."""

import uuid
from collections.abc import Iterator

import pytest

from tests.source.hub.server import Hub, serving


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with serving() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        yield hub


@pytest.fixture
def repo() -> str:
    return f"org/data-{uuid.uuid4().hex[:8]}"
