"""The canaries made into requests, and one loaded checkpoint that answers them, timed."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import mlx.core as mx

from batch.gemma.adapter import Gemma
from batch.gemma.headers import read_json
from batch.gemma.memory import DType
from batch.gemma.mlx_engine import MLXEngine
from batch.gemma.processor import Processor
from batch.gemma.validation.protocol import CANARY, Question
from batch.media.audio import Samples
from batch.media.image import ImageLimits, LoadedImage, load
from batch.media.segments import Segments
from batch.prepared import Prepared
from batch.records import Completion, RequestKey

MAX_TOKENS = 256  # 30 s of speech take about 100
SOFT_TOKENS = 280


@dataclass(frozen=True, slots=True)
class Answers:
    """What came of one round, and what it took. `peak_bytes`: the most MLX held, weights included."""

    completions: dict[RequestKey, Completion]
    seconds: float
    peak_bytes: int


class Canary:
    """Requests made of questions, by the checkpoint's own processor."""

    def __init__(self, model_path: Path) -> None:
        self._processor = Processor.load(model_path)
        settings = read_json(model_path / "processor_config.json").get("image_processor") or {}
        # The checkpoint's own budget: the demonstration model knows 70 only.
        self._soft_tokens = min(SOFT_TOKENS, settings.get("max_soft_tokens") or SOFT_TOKENS)

    def modalities(self) -> set[str]:
        return {"text", *self._processor.modalities()}

    def requests(self, row: int, question: Question, *, demo: bool, medium: str | None = None) -> list[Prepared]:
        """One request, or one a segment; none where a transcription finds nobody speaking. `medium` stands in for
        the question's own."""
        prompt, own = question.asked(demo=demo)
        images, clips = self.media(question, medium or own)
        heard: list[list[Samples]] = [[clip] for clip in clips] if question.modality == "audio" else [[]]
        return [
            self._processor.prepare(
                RequestKey(0, row, number), prompt=prompt, images=images, audio=audio, soft_tokens=self._soft_tokens,
                max_tokens=MAX_TOKENS,
            )
            for number, audio in enumerate(heard)
        ]  # fmt: skip

    def media(self, question: Question, file: str | None) -> tuple[list[LoadedImage], list[Samples]]:
        """The picture, or the recording's segments: cut at pauses for a transcription, as the job does it."""
        if file is None:
            return [], []
        if question.modality == "image":
            return [load(CANARY / file, ImageLimits())], []
        policy = Segments(CANARY / file, "vad" if question.category == "transcription" else "window")
        return [], [segment.samples for segment in policy]


class Session:
    """The engine, and what it makes of many requests."""

    def __init__(self, model_path: Path, dtype: DType, slots: int) -> None:
        self._engine = MLXEngine(model_path, slots=slots, dtype=dtype)
        self.facts = self._engine.describe()

    @property
    def gemma(self) -> Gemma:
        return self._engine.gemma

    def ask(self, requests: Sequence[Prepared]) -> Answers:
        """All of them, as many at once as there are slots."""
        mx.reset_peak_memory()
        began = time.monotonic()
        completions = {completion.key: completion for completion in self._run(list(requests))}
        return Answers(completions, time.monotonic() - began, mx.get_peak_memory())

    def _run(self, waiting: list[Prepared]) -> Iterator[Completion]:
        while waiting or self._engine.running:
            while waiting and self._engine.running < self._engine.slots + self._engine.ahead:
                self._engine.insert(waiting.pop(0))
            yield from self._engine.step()

    def close(self) -> None:
        self._engine.close()
