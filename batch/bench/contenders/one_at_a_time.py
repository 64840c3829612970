"""mlx-vlm's `generate`, one request after the other: what a script with a loop does. Without its text-making, which
would only slow it down."""

from collections.abc import Sequence
from typing import Any

from mlx_vlm.generate.ar import generate_step

from batch.bench.contenders.contender import Tokens
from batch.bench.contenders.stock import inputs_of
from batch.prepared import Prepared

REQUESTS = 32


class OneAtATime:
    name = "mlx-vlm, one at a time"
    about = "generate_step, request after request"
    most = REQUESTS

    def __init__(self, model: Any) -> None:
        self._model = model

    def run(self, requests: Sequence[Prepared]) -> Tokens:
        return {request.key: self._answer(request) for request in requests}

    def _answer(self, request: Prepared) -> list[int]:
        ids, _, media = inputs_of(self._model, [request])
        pixels = media.pop("pixel_values", None)
        steps = generate_step(ids, self._model, pixels, None, max_tokens=request.max_tokens, temperature=0.0, **media)
        return [int(token) for token, _ in steps]

    def close(self) -> None: ...
