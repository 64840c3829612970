"""Tokens, memory, time and disk that a job will take, each with what it stands on. What nobody measured is unknown."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from batch import durable
from batch.config.job import JobConfig
from batch.measured import Measured
from batch.survey.survey import Survey

TOKENS_PER_S = 25  # a token is 40 ms of sound
CHARACTERS_PER_TOKEN = 4.0  # of English, in the published vocabulary
TURN_TOKENS = 12  # what the chat template writes around a prompt
SAID_PER_S = 3.5  # tokens of a transcript a second of speech: 150 words a minute at 1.4 tokens a word
TYPICAL_ANSWER = 60  # tokens, as bench's captions
BENCH = "`gemma4-batch bench {} --measure costs`"
COLUMN_BYTES = 120  # of a row's other columns, before compression


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure and its basis; None is unknown, and the basis says what would make it known."""

    value: float | None
    basis: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """Tokens in all, bytes, seconds of the runner's clock from its begin to the last part."""

    requests: Figure
    prompt_tokens: Figure
    answer_tokens: Figure
    seconds: Figure
    memory_bytes: Figure
    disk_bytes: Figure
    disk_free_bytes: int


def estimate(
    config: JobConfig,
    found: Survey,
    *,
    soft_tokens: int,
    count_tokens: Callable[[str], int] | None = None,
    bench: Measured | None = None,
    memory: Figure | None = None,
    earlier_answer: float | None = None,
    done: int = 0,
) -> Estimate:
    """`soft_tokens`: of an image; `count_tokens`: the checkpoint's tokenizer; `earlier_answer`: tokens of an answer in
    what this job has done already; `done`: its rows, for which no time is reckoned."""
    heard = config.task == "transcribe"
    clips = (found.segments if heard else found.recordings) * found.scale
    requests = clips if heard else float(found.rows)
    text, text_basis = _text_tokens(found, count_tokens)
    images = found.images * found.scale
    sound_s = found.seconds * found.scale
    prompt = requests * (text + TURN_TOKENS) + images * soft_tokens + sound_s * TOKENS_PER_S
    answer, answer_basis = _answer_tokens(config, found, count_tokens, earlier_answer)
    answers = requests * answer
    left = 1 - done / found.rows if found.rows else 0.0
    basis = "every file's header" if found.looked_at == found.rows else f"{found.looked_at} rows looked at"
    return Estimate(
        requests=Figure(requests, f"{basis}, a request each {25} s of recording" if heard else "one a row"),
        prompt_tokens=Figure(prompt, f"{text_basis}; {soft_tokens} for an image, {TOKENS_PER_S} a second of sound"),
        answer_tokens=Figure(answers, answer_basis),
        seconds=Figure(None, f"no bench of this model on this machine; {BENCH.format(config.model.path)} makes one")
        if bench is None
        else Figure(
            bench.seconds(
                left * requests,
                text_tokens=left * requests * (text + TURN_TOKENS),
                answer_tokens=left * answers,
                images=left * images,
                soft_tokens=soft_tokens,
                clips=left * clips,
                sound_s=left * sound_s,
            ),
            f"the last bench of this model on this machine, {bench.slots} slots; {bench.start_s:.1f} s of it to begin",
        ),
        memory_bytes=memory or Figure(None, "the model is not on this disk"),
        disk_bytes=Figure(
            found.rows * COLUMN_BYTES + answers * CHARACTERS_PER_TOKEN,
            "answers before compression, without kept columns",
        ),
        disk_free_bytes=durable.free_bytes(Path(config.output.path).absolute()),
    )


def _text_tokens(found: Survey, count_tokens: Callable[[str], int] | None) -> tuple[float, str]:
    """Of a prompt, and the basis."""
    if count_tokens is not None and found.prompts:
        counted = [(count_tokens(f"{prompt.system or ''}{prompt.text}"), prompt) for prompt in found.prompts]
        characters = sum(len(prompt.text) + len(prompt.system or "") for _, prompt in counted)
        per_character = sum(count for count, _ in counted) / max(characters, 1)
        return found.prompt_characters * per_character, "prompts counted by the model's tokenizer"
    return found.prompt_characters / CHARACTERS_PER_TOKEN, f"{CHARACTERS_PER_TOKEN:g} characters of a prompt a token"


def _answer_tokens(
    config: JobConfig, found: Survey, count_tokens: Callable[[str], int] | None, earlier: float | None
) -> tuple[float, str]:
    """Of an answer, and the basis: the best there is."""
    most = config.sampling.max_tokens
    if earlier is not None:
        return earlier, "the answers this job has so far"
    if found.references:
        count = count_tokens or (lambda text: round(len(text) / CHARACTERS_PER_TOKEN))
        return min(most, mean(map(count, found.references))), "the right answers in source.reference_column"
    if config.task == "transcribe":
        seconds = found.seconds / found.segments if found.segments else 0.0
        return min(most, SAID_PER_S * seconds), f"assumed: {SAID_PER_S} tokens a second, as if all were speech"
    return min(most, TYPICAL_ANSWER), f"assumed: {TYPICAL_ANSWER} an answer; `run --sample` shows real ones"
