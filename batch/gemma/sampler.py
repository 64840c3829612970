"""How one row chooses its tokens: schema, repetition penalty, temperature, top-k, top-p, seeded noise.

The batch always takes the argmax. A row that is not plainly greedy changes its own logits first, so that
the argmax is its choice (Gumbel-max: argmax(logits / T + Gumbel noise) draws from softmax(logits / T)).
The noise depends on the row's seed and the token's position only, never on its neighbours.
"""

import hashlib
from typing import Any

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

from batch.gemma.guide import Guide
from batch.prepared import Sampling


def plainly_greedy(sampling: Sampling) -> bool:
    return sampling.temperature == 0 and sampling.repetition_penalty == 1


class Chooser:
    """A logits processor for one row.

    Called with the tokens that are new to it: first the whole prompt, then each token taken. An exception here would
    end the loop for all rows: it is kept in `error` instead, and the engine drops the row.
    """

    def __init__(self, sampling: Sampling, guide: Guide | None = None) -> None:
        self.error: Exception | None = None
        self._sampling = sampling
        self._guide = guide
        self._position = 0
        self._seen: mx.array | None = None  # bool [1, vocabulary]: tokens of the prompt and the answer

    def __call__(self, new: mx.array, logits: mx.array) -> mx.array:
        """`new` int [n], `logits` [1, vocabulary] of the next token."""
        if self.error is not None:
            return logits
        try:
            return self._change(logits.astype(mx.float32), new)
        except Exception as exc:
            self.error = exc
            return logits

    def _change(self, logits: mx.array, new: mx.array) -> mx.array:
        sampling = self._sampling
        if sampling.repetition_penalty != 1:
            if self._seen is None:
                self._seen = mx.zeros(logits.shape, dtype=mx.bool_)
            self._seen[:, new] = True
            logits = mx.where(self._seen, penalised(logits, sampling.repetition_penalty), logits)
        if self._guide is not None:
            if self._position > 0:
                token: Any = new.item()  # the one thing the host must know before it asks for more
                self._guide.consume(token)
            logits = only(logits, self._guide.allowed(logits.shape[-1]))
        if sampling.temperature > 0:
            logits = top_p(top_k(logits / sampling.temperature, sampling.top_k), sampling.top_p)
            logits = logits + mx.random.gumbel(logits.shape, key=position_key(sampling.seed, self._position))
        self._position += 1
        return logits


def penalised(logits: mx.array, penalty: float) -> mx.array:
    """Keskar et al. 2019 (arXiv:1909.05858), over every token of prompt and answer, as transformers does."""
    return mx.where(logits > 0, logits / penalty, logits * penalty)


def only(logits: mx.array, allowed: NDArray[np.bool_]) -> mx.array:
    """`logits` [1, vocabulary] with all tokens ruled out that are not in `allowed` [vocabulary]."""
    return mx.where(mx.array(allowed), logits, -mx.inf)


def top_k(logits: mx.array, k: int) -> mx.array:
    """Rule out all but the `k` most likely (and what equals the last of them); 0 keeps all."""
    if not 0 < k < logits.shape[-1]:
        return logits
    least = mx.min(mx.topk(logits, k, axis=-1), axis=-1, keepdims=True)
    return mx.where(logits < least, -mx.inf, logits)


def top_p(logits: mx.array, p: float) -> mx.array:
    """Keep the smallest set of most likely tokens whose probabilities reach `p`."""
    if p >= 1:
        return logits
    ordered = -mx.sort(-logits, axis=-1)
    probabilities = mx.softmax(ordered, axis=-1)
    before = mx.cumsum(probabilities, axis=-1) - probabilities
    least = mx.min(mx.where(before < p, ordered, mx.inf), axis=-1, keepdims=True)
    return mx.where(logits < least, -mx.inf, logits)


def position_key(seed: int, position: int) -> mx.array:
    """A key for one draw. Hashed, so that neighbouring seeds and positions share nothing."""
    digest = hashlib.blake2b(f"{seed} {position}".encode(), digest_size=8).digest()
    key: mx.array = mx.random.key(int.from_bytes(digest, "little"))
    return key
