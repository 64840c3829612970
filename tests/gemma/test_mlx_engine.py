import json
import shutil
import wave
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import mlx.core as mx
import numpy as np
import pytest
from numpy.typing import NDArray

from batch.errors import ConfigError
from batch.gemma.adapter import Gemma
from batch.gemma.answer import Answer, repeats
from batch.gemma.memory import planned_bytes
from batch.gemma.mlx_engine import MLXEngine
from batch.gemma.processor import Processor
from batch.governor import SOFT, Governor
from batch.media.image import LoadedImage
from batch.prepared import Prepared, Sampling
from batch.records import RequestKey
from tests.gemma.rows import answer, image, mixed, prepared, run
from tests.gemma.tiny import ARCHITECTURES, DEMO, Architecture, Noise, tokenizer

Tiny = Callable[[Architecture], Path]
SPEECH = Path(__file__).parent / "speech"


@pytest.fixture
def engine(tiny: Tiny) -> Iterator[MLXEngine]:
    made = MLXEngine(tiny("e"), slots=8, dtype="float32")
    yield made
    made.close()


def some(count: int, **settings: Any) -> list[Prepared]:
    return [replace(request, **settings) for request in mixed("e", count)]


# ---------------------------------------------------------------- tokens
def without_cache(gemma: Gemma, request: Prepared, tokens: list[int]) -> list[int]:
    """What each of an answer's tokens should be: the argmax over all before it, in one pass."""
    ids = np.concatenate([request.token_ids, np.array(tokens[:-1], np.int32)])
    logits = gemma.logits(replace(request, token_ids=ids))
    best: list[int] = mx.argmax(logits[-len(tokens) :], axis=-1).tolist()
    return best


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_tokens_are_the_argmax_of_the_whole_context_without_any_cache(architecture: Architecture, tiny: Tiny) -> None:
    requests = mixed(architecture, 50)[3::9]  # all kinds, prompts shorter and longer than the window
    tokens, _ = answer(tiny(architecture), requests, slots=4)
    gemma = Gemma.load(tiny(architecture))
    for request in requests:
        assert tokens[request.key.row] == without_cache(gemma, request, tokens[request.key.row])


@pytest.mark.parametrize("architecture", ["e", "moe"])
def test_a_prompt_longer_than_a_prefill_step_is_no_different(architecture: Architecture, tiny: Tiny) -> None:
    """A step is 2,048 tokens. The image lies across the cut; where its tokens see each other nothing may be cut."""
    noise = Noise(5)
    text = noise.integers(300, 1016, 2036).tolist()
    request = prepared(0, [text, image(noise, 240, 144), [301, 302]], max_tokens=2)
    neighbours = [replace(other, key=RequestKey(0, 1 + row, 0)) for row, other in enumerate(mixed(architecture, 4))]
    tokens, _ = answer(tiny(architecture), [*neighbours, request], slots=5)
    assert tokens[0] == without_cache(Gemma.load(tiny(architecture)), request, tokens[0])


def test_an_answer_ends_at_a_stop_token_that_is_no_part_of_it(tiny: Tiny, tmp_path: Path) -> None:
    requests = some(1, max_tokens=8)
    tokens, _ = answer(tiny("e"), requests, slots=1)
    assert len(set(tokens[0][:4])) == 4
    folder = shutil.copytree(tiny("e"), tmp_path / "stops")
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": [tokens[0][3]]}), encoding="utf-8")
    stopped, completions = answer(folder, requests, slots=1)
    assert stopped[0] == tokens[0][:4]
    text = tokenizer().decode(tokens[0][:3]).strip()
    ended = completions[0]
    assert (ended.text, ended.finish_reason, ended.completion_tokens) == (text, "stop", 3)


def test_a_completion_counts_tokens_seconds_and_keeps_the_flags_of_its_request(engine: MLXEngine) -> None:
    request = replace(mixed("e", 1)[0], max_tokens=5, flags=("exif_used",))
    ended = run(engine, [request])[0]
    assert (ended.finish_reason, ended.completion_tokens, ended.prompt_tokens) == ("length", 5, len(request.token_ids))
    assert (ended.flags, ended.error_kind, ended.error_message) == (("exif_used",), None, None)
    assert 0 < ended.seconds < 60


def test_requests_start_in_the_order_they_came(tiny: Tiny) -> None:
    requests = [prepared(row, [[300 + row] * (40 - 4 * row)], max_tokens=3) for row in range(8)]
    tokens, _ = answer(tiny("dense"), requests, slots=8)
    assert list(tokens) == list(range(8))


def test_a_full_engine_takes_no_more(tiny: Tiny) -> None:
    engine = MLXEngine(tiny("dense"), slots=1)
    engine.insert(prepared(0, [[300]]))
    with pytest.raises(ValueError, match="no free slot: 1 of 1 are running"):
        engine.insert(prepared(1, [[300]]))
    engine.close()


def test_a_loop_is_stopped_early_and_tried_once_more_with_another_penalty(tiny: Tiny) -> None:
    """Greedy random models loop sooner or later; the neighbour's shorter answer is untouched."""
    long = [prepared(row, [[300 + row]], max_tokens=120) for row in range(4)]
    neighbour = prepared(9, [[333, 334]], max_tokens=10)
    tokens, completions = answer(tiny("dense"), [*long, neighbour], slots=5)
    assert completions[9].finish_reason == "length"
    retried = {row for row in range(4) if completions[row].completion_tokens > 120}
    assert retried
    penalised = [replace(request, sampling=Sampling(repetition_penalty=1.2)) for request in long]
    once_more, _ = answer(tiny("dense"), penalised, slots=5)
    for row in retried:
        first = next(n for n in range(16, 121, 16) if repeats(tokens[row][:n]))
        assert tokens[row][first:][: len(once_more[row])] == once_more[row]
        assert completions[row].completion_tokens == len(tokens[row])


def test_an_answer_that_loops_twice_is_the_one_the_asked_sampling_gave_with_the_flag(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = prepared(0, [[300]], max_tokens=400)
    first, _ = answer(tiny("dense"), [replace(request, max_tokens=32)], slots=1)
    # Whatever it says counts as a loop after 16 tokens.
    monkeypatch.setattr(Answer, "looping", property(lambda answer: len(answer.tokens) >= 16))
    tokens, completions = answer(tiny("dense"), [request], slots=1)
    ended = completions[0]
    assert (ended.finish_reason, ended.flags, ended.error_kind) == ("repetition", ("repetition",), None)
    assert ended.text == tokenizer().decode(first[0][:16]).strip()
    assert ended.completion_tokens == len(tokens[0]) == 32
    assert tokens[0][16:] != tokens[0][:16]


def test_a_retried_answer_is_the_same_in_any_batch(tiny: Tiny) -> None:
    requests = [prepared(row, [[300 + row]], max_tokens=110) for row in range(4)]
    alone, ended_alone = answer(tiny("dense"), requests, slots=1, dtype="float32")
    together, ended = answer(tiny("dense"), requests, slots=4, dtype="float32")
    assert together == alone
    assert any(len(tokens) > 110 for tokens in alone.values())  # more than one answer could have
    assert {row: one.text for row, one in ended.items()} == {row: one.text for row, one in ended_alone.items()}


# ---------------------------------------------------------------- faults of one request
def test_a_row_whose_logits_are_no_numbers_fails_alone(tiny: Tiny) -> None:
    requests = some(16)
    right, _ = answer(tiny("e"), requests, slots=1)
    broken = prepared(99, [[300], np.full((3, 96, 96), np.nan, np.float32)], max_tokens=8)
    tokens, completions = answer(tiny("e"), [*requests[:3], broken, *requests[3:]], slots=8)
    failed = completions.pop(99)
    assert (failed.error_kind, failed.finish_reason, failed.completion_tokens, failed.text) == (
        "nan_logits",
        None,
        0,
        "",
    )
    assert 99 not in tokens
    assert tokens == right
    assert {ended.error_kind for ended in completions.values()} == {None}


def test_a_row_with_the_wrong_number_of_placeholders_fails_alone(tiny: Tiny) -> None:
    requests = some(4)
    right, _ = answer(tiny("e"), requests, slots=1)
    request = prepared(99, [[300], image(Noise(1), 96, 96)], max_tokens=8)
    broken = replace(request, images=(*request.images, image(Noise(2), 48, 48)))
    tokens, completions = answer(tiny("e"), [broken, *requests], slots=8)
    assert completions[99].error_kind == "worker_crash"
    assert completions[99].error_message == "4 image placeholders in the prompt for 5 image features"
    assert tokens == right


def test_a_row_that_mlx_refuses_fails_alone(engine: MLXEngine) -> None:
    request = prepared(1, [[300], image(Noise(1), 96, 96)], max_tokens=4)
    odd = replace(request, images=(np.zeros((4, 96, 96), np.uint8),))
    completions = run(engine, [odd, prepared(2, [[300]], max_tokens=4)])
    assert completions[1].error_kind == "worker_crash"
    assert str(completions[1].error_message).startswith("the engine could not encode it: ")
    assert completions[2].completion_tokens == 4


# ---------------------------------------------------------------- sampling
def test_a_sampled_row_depends_on_its_seed_and_on_no_neighbour(tiny: Tiny) -> None:
    settings = {"temperature": 0.9, "top_p": 0.95, "top_k": 64, "repetition_penalty": 1.1}
    greedy = some(16)
    requests = [
        replace(request, sampling=Sampling(seed=request.key.row, **settings)) if request.key.row % 2 else request
        for request in greedy
    ]
    alone, _ = answer(tiny("e"), requests, slots=1, dtype="float32")
    together, _ = answer(tiny("e"), requests, slots=8, dtype="float32")
    assert together == alone
    plain, _ = answer(tiny("e"), greedy, slots=8, dtype="float32")
    assert all((alone[row] == plain[row]) == (row % 2 == 0) for row in alone)


def test_the_same_seed_answers_the_same_and_another_seed_another(tiny: Tiny) -> None:
    request = prepared(0, [[300, 301]], max_tokens=10)
    seeds = [1, 1, 2, 3, 4]
    requests = [
        replace(request, key=RequestKey(0, row, 0), sampling=Sampling(temperature=1.0, seed=seed))
        for row, seed in enumerate(seeds)
    ]
    tokens, _ = answer(tiny("dense"), requests, slots=5)
    assert tokens[0] == tokens[1]
    assert len({tuple(tokens[row]) for row in (0, 2, 3, 4)}) == 4


# ---------------------------------------------------------------- schemas
SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {
            "colour": {"enum": ["red", "green", "blue"]},
            "count": {"type": "integer", "minimum": 0, "maximum": 99},
            "name": {"type": "string", "maxLength": 4},
        },
        "required": ["colour", "count", "name"],
        "additionalProperties": False,
    }
)


def test_rows_with_a_schema_answer_json_and_their_neighbours_as_ever(tiny: Tiny) -> None:
    plain = some(12)
    right, _ = answer(tiny("e"), plain, slots=1)
    requests = [
        replace(request, json_schema=SCHEMA, max_tokens=80) if request.key.row % 3 == 0 else request
        for request in plain
    ]
    tokens, completions = answer(tiny("e"), requests, slots=8)
    for row, ended in completions.items():
        if row % 3:
            assert tokens[row] == right[row]
            continue
        assert (ended.finish_reason, ended.error_kind) == ("stop", None)
        value = json.loads(ended.text)
        assert list(value) == ["colour", "count", "name"]
        assert value["colour"] in ("red", "green", "blue")
        assert 0 <= value["count"] <= 99
        assert len(value["name"]) <= 4
    assert len({completions[row].text for row in (0, 3, 6, 9)}) > 1


def test_json_that_was_cut_short_is_an_error_of_its_own(engine: MLXEngine) -> None:
    ended = run(engine, some(1, json_schema=SCHEMA, max_tokens=6))[0]
    assert (ended.error_kind, ended.finish_reason, ended.text) == ("schema_length", None, "")
    assert ended.completion_tokens == 6


def test_a_schema_that_is_none_is_refused_at_once(engine: MLXEngine) -> None:
    with pytest.raises(ConfigError, match=r"prompt\.schema is no usable JSON Schema"):
        engine.insert(some(1, json_schema='{"type": "colour"}')[0])
    assert engine.running == 0


# ---------------------------------------------------------------- memory, description
def test_nothing_is_admitted_while_memory_is_short_and_something_runs(tiny: Tiny) -> None:
    requests = [prepared(row, [[300 + row]], max_tokens=4) for row in range(4)]
    order: list[int] = []
    engine = MLXEngine(
        tiny("dense"),
        slots=4,
        governor=Governor(2**40, [lambda: 2**40]),
        on_token=lambda key, token: order.append(key.row),
    )
    completions = run(engine, requests)
    engine.close()
    assert order == sorted(order)
    assert [completions[row].completion_tokens for row in range(4)] == [4, 4, 4, 4]


def test_no_more_run_together_than_their_predicted_bytes_allow(tiny: Tiny) -> None:
    requests = [prepared(row, [[300 + row]], max_tokens=4) for row in range(6)]
    running: list[int] = []
    engine = MLXEngine(tiny("dense"), slots=6)
    one, two, three = (planned_bytes(engine.gemma.config, engine.gemma.nbytes, [5] * count) for count in (1, 2, 3))
    engine.close()
    assert one < two < three
    order: list[int] = []
    engine = MLXEngine(
        tiny("dense"),
        slots=6,
        governor=Governor(round((two + three) / 2 / SOFT), ()),
        on_token=lambda key, token: order.append(key.row),
    )
    run(engine, requests)
    engine.close()
    for row in range(6):
        first = order.index(row)
        running.append(sum(other in order[:first] and other in order[first:] for other in range(6) if other != row))
    assert max(running) == 1, "two together, never three"


def test_the_limits_of_mlx_are_put_back(tiny: Tiny) -> None:
    before = mx.set_memory_limit(2**38)
    MLXEngine(tiny("dense"), slots=1, memory=2**39).close()
    assert mx.set_memory_limit(before) == 2**38


def test_the_engine_describes_its_model(tiny: Tiny) -> None:
    engine = MLXEngine(tiny("dense"), dtype="float32")
    told = engine.describe()
    engine.close()
    assert set(told) == {
        "model", "dtype", "parameters", "weight_bytes", "device", "mlx", "mlx_vlm", "slots", "slots_because",
    }  # fmt: skip
    assert (told["model"], told["dtype"], told["slots"]) == ("dense", "float32", engine.slots)
    assert told["weight_bytes"] == 4 * told["parameters"]


# ---------------------------------------------------------------- the model that ships with the package
def disc(size: tuple[int, int], rgb: tuple[int, int, int]) -> LoadedImage:
    """A disc of colour in the middle of a white picture of (height, width)."""
    height, width = size
    y, x = np.mgrid[:height, :width]
    pixels = np.full((height, width, 3), 255, np.uint8)
    pixels[(y - height / 2) ** 2 + (x - width / 2) ** 2 < (0.22 * min(size)) ** 2] = rgb
    return LoadedImage(pixels, height, width)


def recording(name: str) -> NDArray[np.float32]:
    """Speech that espeak-ng made: `espeak-ng -v en-us -s 150`, at 16 kHz."""
    with wave.open(str(SPEECH / name), "rb") as file:
        return np.frombuffer(file.readframes(file.getnframes()), np.int16).astype(np.float32) / 32768


@pytest.mark.parametrize("dtype", ["auto", "float32"])
def test_the_demo_model_answers_text_images_and_speech_in_one_batch(dtype: Any) -> None:
    asked: list[tuple[str, dict[str, Any], str]] = [
        ("Describe this image.", {"images": [disc((300, 400), (222, 38, 38))]}, "a large red circle"),
        ("What color is the circle?", {"images": [disc((240, 240), (38, 84, 222))]}, "blue"),
        ("How many shapes are there?", {"images": [disc((500, 320), (38, 168, 62))]}, "one"),
        ("Transcribe the audio.", {"audio": [recording("red_circle.wav")]}, "red circle"),
        ("Transcribe the audio.", {"audio": [recording("seven_blue_star.wav")]}, "seven blue star"),
        ("Transcribe the audio.", {"audio": [recording("hello_yes.wav")]}, "hello yes"),
        ("What is 7 plus 5?", {}, "12"),
        ("Count from 3 to 8.", {}, "3 4 5 6 7 8"),
        ("What is 9 plus 8?", {}, "17"),
        ("What is the first word of: red star hello", {}, "red"),
    ]
    processor = Processor.load(DEMO)
    requests = [
        processor.prepare(RequestKey(0, row, 0), prompt=prompt, soft_tokens=70, max_tokens=32, **media)
        for row, (prompt, media, _) in enumerate(asked)
    ]
    _, completions = answer(DEMO, requests, slots=8, dtype=dtype)
    assert [completions[row].text for row in range(len(asked))] == [expected for _, _, expected in asked]
    assert {ended.finish_reason for ended in completions.values()} == {"stop"}
