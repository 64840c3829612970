"""What a run would do, in words."""

from collections.abc import Iterator, Mapping
from typing import Any

from batch.durable import size
from batch.terminal.rates import duration

PROMPT_CHARACTERS = 600


def plan_text(plan: Mapping[str, Any]) -> str:
    """`gemma4-batch plan`, of the object that `--json` prints."""
    return "\n".join(_lines(plan))


def _lines(plan: Mapping[str, Any]) -> Iterator[str]:
    model = plan["model"]
    grade = f" (PLE {model['ple_grade']})" if model["ple_grade"] not in (None, "none") else ""
    yield f"task {plan['task']}, model {model['name']}{grade}, output {plan['output']}"
    if model["problem"] is not None:
        yield f"the model cannot be run yet: {model['problem']}"
    done = f", {plan['rows_done']} of them done" if plan["rows_done"] else ""
    yield f"{plan['rows']} rows in {plan['shards']} shards from {plan['files']} files{done}"
    yield f"columns read: {', '.join(plan['columns_read']) or 'none'}"
    yield f"columns kept: {', '.join(plan['columns_kept']) or 'none'}"
    yield from plan["notes"]
    yield from _media(plan)
    yield from _problems(plan)
    for number, prompt in enumerate(plan["prompts"], 1):
        system = f"[system] {_short(prompt['system'])} [user] " if prompt["system"] else ""
        yield f"prompt {number}, {prompt['row_id']}: {system}{_short(prompt['text'])}"
    yield from _estimates(plan)


def _media(plan: Mapping[str, Any]) -> Iterator[str]:
    about = "" if plan["rows_looked_at"] >= plan["rows"] else f"about, from {plan['rows_looked_at']} rows: "
    if plan["images"]:
        yield f"{about}{plan['images']} images, {plan['pixels'] / 1e6:.1f} megapixels"
    if plan["recordings"]:
        unknown = plan["recordings_of_unknown_length"]
        rest = f" and {unknown} whose header does not say how long they are" if unknown else ""
        length = duration(plan["audio_seconds"])
        yield f"{about}{plan['recordings']} recordings, {length} of sound{rest}"
    if plan["media_bytes"]:
        yield f"{about}{size(plan['media_bytes'])} to read"
    if plan["urls"]:
        yield f"{about}{plan['urls']} media to fetch from the network"


def _problems(plan: Mapping[str, Any]) -> Iterator[str]:
    doubles = plan["duplicates"]
    if doubles is not None and doubles["files"]:
        example = ", ".join(map(repr, doubles["examples"][0]))
        yield f"probably the same as another: {doubles['files']} files, such as {example}"
    for kind, failing in plan["failing"].items():
        examples = ", ".join(map(repr, failing["examples"]))
        yield f"will fail, {kind}: {failing['rows']} rows, such as {examples}"


def _estimates(plan: Mapping[str, Any]) -> Iterator[str]:
    reckoned = plan["estimate"]
    prompt, answer = reckoned["prompt_tokens"], reckoned["answer_tokens"]
    yield f"requests: {round(reckoned['requests']['value'])} ({reckoned['requests']['basis']})"
    yield f"tokens in: {round(prompt['value'])} ({prompt['basis']})"
    yield f"tokens out: {round(answer['value'])} ({answer['basis']})"
    memory, seconds, disk = reckoned["memory_bytes"], reckoned["seconds"], reckoned["disk_bytes"]
    yield f"memory: {_or_unknown(memory, size)}"
    yield f"time: {_or_unknown(seconds, duration)}"
    yield f"disk: {_or_unknown(disk, size)}, of {size(reckoned['disk_free_bytes'])} free"


def _or_unknown(figure: Mapping[str, Any], shown: Any) -> str:
    if figure["value"] is None:
        return f"unknown ({figure['basis']})"
    value = figure["value"]
    return f"{shown(value if shown is duration else round(value))} ({figure['basis']})"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= PROMPT_CHARACTERS else f"{line[:PROMPT_CHARACTERS]}..."
