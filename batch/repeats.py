"""Requests that are equal to others: the first of them is computed, the others take its answer.

Two requests are equal where their `digest` is (prepare/digest.py makes it, of greedy requests only). Knows digests and
keys, no answers: the runner has those, and copies them.
"""

from collections import deque
from collections.abc import Iterable
from typing import Literal

from batch.prepared import Prepared
from batch.records import ANSWERS_KEPT, DIGEST_BYTES, RequestKey

Fate = Literal["compute", "answered", "waits", "lost"]


def split(digests: bytes) -> Iterable[bytes]:
    """Digests one after the other, as an Assignment holds them."""
    return (digests[start : start + DIGEST_BYTES] for start in range(0, len(digests), DIGEST_BYTES))


class Repeats:
    """The digests that have an answer, the newest `kept` of them, and those being computed with the requests that wait
    for them."""

    def __init__(self, kept: int = ANSWERS_KEPT) -> None:
        self._kept = kept
        self._answered: set[bytes] = set()
        self._by_age: deque[bytes] = deque()
        self._computed: dict[RequestKey, bytes] = {}
        self._waiting: dict[bytes, list[RequestKey]] = {}

    def know(self, answered: Iterable[bytes]) -> None:
        """These have an answer, by whomever."""
        for digest in answered:
            self._know(digest)

    def _know(self, digest: bytes) -> None:
        if digest in self._answered:
            return
        self._answered.add(digest)
        self._by_age.append(digest)
        if len(self._by_age) > self._kept:
            self._answered.discard(self._by_age.popleft())

    def offer(self, prepared: Prepared, *, anew: bool = False) -> Fate:
        """What becomes of a request that is ready: `compute` it (its equals wait from now on), take the answer that is
        there, or wait. `anew`: it is computed whatever else was."""
        digest = prepared.digest
        if digest is None:
            return "compute"
        if not anew and (fate := self.repeat(prepared.key, digest)) != "lost":
            return fate
        self._answered.discard(digest)
        self._computed[prepared.key] = digest
        self._waiting.setdefault(digest, [])
        return "compute"

    def repeat(self, key: RequestKey, digest: bytes) -> Fate:
        """The same for a request of which only the digest is there; `lost` where nobody has or makes its answer."""
        if digest in self._answered:
            return "answered"
        if digest in self._waiting:
            self._waiting[digest].append(key)
            return "waits"
        return "lost"

    def end(self, key: RequestKey, *, answered: bool) -> tuple[bytes | None, list[RequestKey]]:
        """A computed request ended: its digest, and who waited for it. A failure is nobody else's answer."""
        digest = self._computed.pop(key, None)
        if digest is None:
            return None, []
        if answered:
            self._know(digest)
        elif digest in self._computed.values():  # another one computes the same, anew
            return digest, []
        return digest, self._waiting.pop(digest, [])
