"""The whole validation of one checkpoint: headers, answers, controls, batches. `validate` is the way in."""

import gc
import hashlib
from collections.abc import Callable
from pathlib import Path

from batch.errors import ModelError
from batch.gemma.memory import DType, check_memory, fits, loaded_bytes
from batch.gemma.registry import DEMO, ResolvedModel
from batch.gemma.validation.batches import compare_batches
from batch.gemma.validation.checks import check
from batch.gemma.validation.findings import Finding, Report, Speed
from batch.gemma.validation.protocol import MODALITIES, WHOLE, Modality, Protocol, Question
from batch.gemma.validation.session import Answers, Canary, Session
from batch.gemma.weights import ple_grade, problems
from batch.prepared import Prepared
from batch.records import Completion

SLOTS = 8
DEMO_NOTE = (
    "demonstration model: it lives in a closed world of shapes and forty words, so photographs, human speech and the "
    "scene, emotion and speaker questions are replaced by pictures and words of that world, whose answers are known; "
    "that says nothing of those categories. Chinese and Japanese are checked mechanically only (an answer, no loop)"
)
REAL_NOTE = "texts are printed to be read: the checks tell a broken checkpoint, not a good answer"


def validate(
    model: ResolvedModel,
    dtype: DType = "auto",
    protocol: Protocol = WHOLE,
    told: Callable[[str], None] = lambda line: None,
) -> Report:
    """Every check over the checkpoint. `told` hears what is being done.

    Raises ModelError for a checkpoint that is not whole, cannot be loaded or does not fit: there is nothing to
    validate then.
    """
    if model.path is None:
        raise ModelError(f"model {model.name!r} has no weights, so there is nothing to validate; try model demo")
    found = problems(model.path)
    if found:
        raise ModelError(f"{model.path}: cannot be used as a model: {'; '.join(found)}")
    check_memory(model.path, dtype)
    run = Validation(model.path, Report(model.name, str(model.path), model.revision), protocol, told)
    run.headers()
    session = run.load(dtype)
    try:
        run.answers(session)
        run.swaps(session)
        run.batches(session)
        own_dtype = session.gemma.dtype
    finally:
        session.close()
    del session
    gc.collect()  # the weights go before they come back in float32
    if own_dtype != "float32":
        run.batches_in_float32()
    return run.report


class Validation:
    """The parts, in the order in which `validate` calls them; each adds to the report."""

    def __init__(self, path: Path, report: Report, protocol: Protocol, told: Callable[[str], None]) -> None:
        self.path = path
        self.report = report
        self.demo = is_demo(path)
        self.canary = Canary(path)
        self._protocol = protocol
        self._told = told
        self._answers: dict[str, str] = {}
        report.notes.append(DEMO_NOTE if self.demo else REAL_NOTE)

    def headers(self) -> None:
        """PLE grade and towers."""
        grade = ple_grade(self.path)
        verdict = {"unsafe": "fail", "guarded": "look"}.get(grade.grade, "pass")
        self._found("headers", "PLE grade", verdict, f"{grade.grade}: {grade.reason}")
        towers = ", ".join(sorted(self.canary.modalities() - {"text"})) or "none"
        self._found("headers", "towers", "pass", towers)

    def load(self, dtype: DType) -> Session:
        self._told(f"loading {self.path.name}")
        session = Session(self.path, dtype, SLOTS)
        self.report.facts = session.facts
        return session

    def answers(self, session: Session) -> None:
        """Every question, the modalities one after the other, so that each has its speed and its memory."""
        for modality in MODALITIES:
            asked = [question for question in self._protocol.questions if question.modality == modality]
            if not asked:
                continue
            if modality not in self.canary.modalities():
                self._found(modality, "all questions", "skip", f"the checkpoint has no {modality} tower")
                continue
            self._told(f"{modality}: {len(asked)} questions")
            made = [self.canary.requests(row, question, demo=self.demo) for row, question in enumerate(asked)]
            answers = session.ask([request for requests in made for request in requests])
            for question, requests in zip(asked, made, strict=True):
                self._judge(question, requests, answers)
            self._speed(modality, answers)

    def swaps(self, session: Session) -> None:
        """The same question with another's picture or recording: an equal answer means that nobody looked."""
        named = self._protocol.named
        pairs = [(named(one), named(other)) for one, other in self._protocol.swaps]
        pairs = [pair for pair in pairs if pair[0].modality in self.canary.modalities()]
        self._told(f"controls: {len(pairs)} questions with another's medium")
        made = [
            self.canary.requests(row, question, demo=self.demo, medium=other.asked(demo=self.demo)[1])
            for row, (question, other) in enumerate(pairs)
        ]
        answers = session.ask([request for requests in made for request in requests])
        for (question, other), requests in zip(pairs, made, strict=True):
            text, _, error = _joined(requests, answers)
            changed = bool(text) and text != self._answers.get(question.name)
            note = error or (
                f"asked with the medium of {other.name!r}: " + ("changed" if changed else "the same answer")
            )
            name = f"{question.modality} swap: {question.name}"
            self._found("controls", name, "pass" if changed and not error else "fail", note, text)

    def batches(self, session: Session) -> None:
        """Alone, and 2, 4 and 8 at once, in the precision at hand."""
        sizes = self._protocol.sizes
        self._told(f"alone, and {', '.join(map(str, sizes))} at once, in {session.gemma.dtype}")
        asked = [self._protocol.named(name) for name in self._protocol.batched]
        asked = [question for question in asked if question.modality in self.canary.modalities()]
        self.report.findings += compare_batches(session.gemma, self.canary, asked, sizes, demo=self.demo)

    def batches_in_float32(self) -> None:
        """The promise is token equality in float32. Skipped, with figures, where that does not fit."""
        needed = loaded_bytes(self.path, "float32")
        reason = fits(self.path, "float32")
        if reason is not None:
            self._found("batches", "float32", "skip", f"{needed / 1e9:.1f} GB of weights in float32: {reason}")
            return
        self._told("loading it in float32")
        session = Session(self.path, "float32", SLOTS)
        try:
            self.batches(session)
        finally:
            session.close()

    def _judge(self, question: Question, requests: list[Prepared], answers: Answers) -> None:
        if not requests:
            self._found(question.category, question.name, "pass", "nobody speaks, so nothing is asked (no_speech)")
            return
        text, finish, error = _joined(requests, answers)
        self._answers[question.name] = text
        verdict, note = ("fail", error) if error else check(question, text, finish, demo=self.demo)
        if len(requests) > 1:
            note = f"{len(requests)} segments; {note}"
        if finish == "length":
            note = f"{note}; cut at {requests[0].max_tokens} tokens"
        self._found(question.category, question.name, verdict, note, text)

    def _speed(self, modality: Modality, answers: Answers) -> None:
        ended = answers.completions.values()
        self.report.speeds.append(
            Speed(
                modality=modality,
                requests=len(ended),
                at_once=min(SLOTS, len(ended)),
                prompt_tokens=sum(completion.prompt_tokens for completion in ended),
                completion_tokens=sum(completion.completion_tokens for completion in ended),
                seconds=round(answers.seconds, 3),
                peak_bytes=answers.peak_bytes,
            )
        )

    def _found(self, section: str, name: str, verdict: str, note: str, text: str = "") -> None:
        self.report.findings.append(Finding(section, name, verdict, note, text))  # type: ignore[arg-type]


def is_demo(path: Path) -> bool:
    """The demonstration model, or one made of it (converted, cast): it has its vocabulary."""
    return _digest(path) == _digest(DEMO)


def _digest(path: Path) -> str:
    return hashlib.sha256((path / "tokenizer.json").read_bytes()).hexdigest()


def _joined(requests: list[Prepared], answers: Answers) -> tuple[str, str | None, str]:
    """The segments' texts together, the worst finish, and the first error if there is one."""
    ended: list[Completion] = [answers.completions[request.key] for request in requests]
    finishes = [completion.finish_reason for completion in ended]
    worst = next((reason for reason in ("repetition", "length") if reason in finishes), "stop")
    errors = [f"{completion.error_kind}: {completion.error_message}" for completion in ended if completion.error_kind]
    return " ".join(completion.text for completion in ended if completion.text), worst, errors[0] if errors else ""
