"""The job file that `init` writes: few keys, each with what it is for, and the likeliest others as comments."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from batch.starter.source_guess import Guess, Task

LINE = 34  # where comments begin

PROMPTS: dict[Task, str] = {
    "caption": "Describe this photo in one sentence.",
    "answer": "{{ prompt }}",
    "transcribe": "",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person decided. `source`: path or dataset; `slots` were reckoned with for the model."""

    task: Task
    source: dict[str, str]
    model: str
    output: str
    prompt: str | None = None


def job_text(wanted: Wanted, guess: Guess, file_name: str) -> str:
    """YAML that `load_config` takes as it is."""
    return "\n".join(_lines(wanted, guess, file_name)) + "\n"


def _lines(wanted: Wanted, guess: Guess, file_name: str) -> Iterator[str]:
    yield f"# A job for gemma4-batch: {guess.what}."
    yield f"#   gemma4-batch plan {file_name}              what it would do and take; nothing is run"
    yield f"#   gemma4-batch run {file_name} --sample 8    a few rows, to tune the prompt"
    yield f"#   gemma4-batch run {file_name}               all of them; the same command goes on after a stop"
    yield ""
    yield _line(f"task: {wanted.task}", "caption | transcribe | answer")
    yield _line(
        f"model: {json.dumps(wanted.model)}", "`gemma4-batch models` lists them; with `run --pull` it is downloaded"
    )
    yield ""
    yield "source:"
    for key, value in wanted.source.items():
        yield f"  {key}: {json.dumps(value, ensure_ascii=False)}"
    yield from _columns(wanted, guess)
    yield _line("  # limit: 100", "only the first rows; raise it later to go on")
    yield ""
    yield from _prompt(wanted, guess)
    yield ""
    most = {"caption": 160, "transcribe": 256, "answer": 256}[wanted.task]
    yield _line(f"sampling: {{temperature: 0, max_tokens: {most}}}", "0: the likeliest word every time")
    yield from _media(wanted, guess)
    yield ""
    yield "output:"
    yield _line(f"  path: {json.dumps(wanted.output, ensure_ascii=False)}", "the job's folder; it names the job")


def _columns(wanted: Wanted, guess: Guess) -> Iterator[str]:
    if guess.columns is None:
        return
    if guess.image and wanted.task != "transcribe":
        yield f"  image_column: {json.dumps(list(guess.image), ensure_ascii=False)}"
    if guess.audio and wanted.task != "caption":
        yield f"  audio_column: {json.dumps(list(guess.audio), ensure_ascii=False)}"
    if guess.reference is not None:
        # Only where somebody says so: a column called `text` may be anything.
        named = f"  # reference_column: {json.dumps(guess.reference, ensure_ascii=False)}"
        yield _line(named, "the right answers, if that is what it is: the summary counts them")


def _prompt(wanted: Wanted, guess: Guess) -> Iterator[str]:
    if wanted.prompt is not None:
        yield f"prompt: {json.dumps(wanted.prompt, ensure_ascii=False)}"
    elif wanted.task == "transcribe":
        yield "# The wording for speech is built in; media.language and media.translate_to go into it."
    elif wanted.task == "answer" and guess.question is not None:
        yield _line(f"prompt: {json.dumps('{{ ' + guess.question + ' }}')}", "a template over the row's columns")
    elif wanted.task == "answer" and guess.columns is not None:
        yield f"# A template over the row's columns: {', '.join(guess.columns)}."
        yield f"prompt: {json.dumps('{{ ' + guess.columns[0] + ' }}', ensure_ascii=False)}"
    else:
        yield f"prompt: {json.dumps(PROMPTS['caption'])}"


def _media(wanted: Wanted, guess: Guess) -> Iterator[str]:
    if wanted.task == "transcribe":
        yield "# media: {language: French, translate_to: English}"
    elif guess.columns is None or guess.image:
        yield _line(
            "media: {soft_tokens: " + ("70" if wanted.model == "demo" else "280") + "}", "more reads smaller text"
        )


def _line(text: str, comment: str) -> str:
    return f"{text:<{LINE}} # {comment}"
