"""What a contender is: a name, and a way through requests of given lengths."""

from collections.abc import Sequence
from typing import Protocol

from batch.prepared import Prepared
from batch.records import RequestKey

Tokens = dict[RequestKey, list[int]]


class Contender(Protocol):
    """Runs in the process of its peers. `most`: how many requests it is asked at once, None for all of them (what is
    slow is measured on the first of them)."""

    @property
    def name(self) -> str: ...
    @property
    def about(self) -> str: ...
    @property
    def most(self) -> int | None: ...

    def run(self, requests: Sequence[Prepared]) -> Tokens:
        """All of them, each `max_tokens` long, as quickly as it can."""

    def close(self) -> None: ...
