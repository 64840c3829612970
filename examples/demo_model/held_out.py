"""The held-out sets as Parquet tables that `gemma4-batch run` reads: what the model has never seen or heard.

Unseen scenes and layouts, unseen espeak-ng variants, an unseen accent, an unseen flite voice, unseen wordings.
"""

import io
import wave
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from demo_model.ask import Ask
from demo_model.mixed_asks import mixed_ask
from demo_model.pair_asks import pair_ask
from demo_model.picture_asks import as_json, caption, detail, question
from demo_model.picture_wordings import AS_JSON, CAPTION, DETAIL
from demo_model.scenes import draw, make_scene
from demo_model.speech import (
    ACCENTS,
    HELD_OUT_ACCENT,
    HELD_OUT_FLITE,
    HELD_OUT_VARIANTS,
    RATE,
    Clip,
    Voice,
    espeak_voice,
    join,
    some_words,
    speak,
    wordless,
)
from demo_model.speech_asks import speech_ask
from demo_model.speech_wordings import SPOKEN_COUNT, TRANSCRIBE
from demo_model.system import instructed
from demo_model.text_asks import text_ask
from demo_model.words import COUNTS, MAX_WORDS

SEED = 424_242
BUDGETS = (70, 140, 280)  # soft tokens that single pictures are run with; 70 otherwise
MEDIUM = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
SCHEMA = pa.schema(
    [
        ("prompt", pa.string()),
        ("system", pa.string()),
        ("image", pa.list_(MEDIUM)),
        ("audio", MEDIUM),
        ("reference", pa.string()),
        ("kind", pa.string()),
    ]
)
MOST_SAMPLES = 29 * RATE


@dataclass(frozen=True)
class Item:
    ask: Ask
    images: tuple[Image.Image, ...] = ()
    clip: Clip | None = None


def pictures(rng: Random, index: int) -> Item:
    """Of ten: three captions, one of them in an unseen wording; a detail; two JSON; four questions."""
    scene = make_scene(rng)
    nth = index % 10
    if nth < 4:
        kind, wordings, answer = (("caption", CAPTION, caption), ("detail", DETAIL, detail))[nth == 3]
        unseen = nth == 2
        ask = _marked(Ask(kind, wordings.pick(rng, unseen), answer(scene)), unseen)
    elif nth < 6:
        ask = _marked(Ask("json", AS_JSON.pick(rng, nth == 5), as_json(scene)), nth == 5)
    else:
        ask = _marked(question(rng, scene, held_out=nth == 9), nth == 9)
    return Item(ask, (draw(rng, scene),))


def pairs(rng: Random, index: int) -> Item:
    ask, first, second = pair_ask(rng, held_out=index % 4 == 3)
    return Item(_marked(ask, index % 4 == 3), (draw(rng, first), draw(rng, second)))


def mixed(rng: Random, index: int) -> Item:
    scene = make_scene(rng)
    ask, words = mixed_ask(rng, scene, held_out=index % 4 == 3)
    return Item(_marked(ask, index % 4 == 3), (draw(rng, scene),), _padded(rng, speak(rng, _unseen(rng), words)))


def texts(rng: Random, index: int) -> Item:
    if index % 8 == 7:
        return Item(_marked(instructed(rng, text_ask(rng), held_out=index % 16 == 15), index % 16 == 15))
    return Item(_marked(text_ask(rng, held_out=index % 4 == 3), index % 4 == 3))


SPEECH = ("variant",) * 4 + ("accent",) * 3 + ("slt",) * 3 + ("8-12 words",) * 3 + ("asks",) * 2 + ("silence", "pauses")


def speech(rng: Random, index: int) -> Item:
    """Transcripts by the kind of voice, long and interrupted ones, clips without words, and questions."""
    kind = SPEECH[index % len(SPEECH)]
    if kind == "silence":
        ask = _marked(Ask("silence", TRANSCRIBE.pick(rng, index % 2 == 1), ""), index % 2 == 1)
        return Item(ask, clip=_padded(rng, wordless(rng, 8 * RATE)))
    if kind == "pauses":
        clips = [speak(rng, _unseen(rng), some_words(rng, rng.randint(1, 4))) for _ in range(3)]
        clip = join(rng, clips, MOST_SAMPLES, gaps=(1.0, 8.0))
    else:
        voice = _unseen(rng)
        if kind == "accent":
            voice = espeak_voice(HELD_OUT_ACCENT, rng.choice(HELD_OUT_VARIANTS))
        elif kind == "slt":
            voice = Voice("flite", HELD_OUT_FLITE)
        count = rng.randint(8, MAX_WORDS) if kind == "8-12 words" else rng.randint(1, 7)
        clip = speak(rng, voice, some_words(rng, count))
    if kind == "asks":
        if rng.random() < 0.5:
            words = COUNTS[len(clip.words)]
            ask = _marked(Ask("nwords", SPOKEN_COUNT.pick(rng, index % 2 == 1), words), index % 2 == 1)
        else:
            ask = _marked(speech_ask(rng, clip.words, held_out=True), True)
    else:  # word errors are counted where the wording is known: they are to tell of hearing
        ask = _marked(Ask(kind, TRANSCRIBE.pick(rng, index % 4 == 3), " ".join(clip.words)), index % 4 == 3)
    return Item(ask, clip=_padded(rng, clip))


def silences(rng: Random, index: int) -> Item:
    """Transcripts of clips with a quiet room before, or after, what is said."""
    before, after = ((1, 0), (2, 0), (4, 0), (0, 5))[index % 4]
    clip = speak(rng, _unseen(rng), some_words(rng, rng.randint(1, 5)))
    parts = [np.zeros(before * RATE, np.int16), clip.samples, np.zeros(after * RATE, np.int16)]
    kind = f"{before} s of silence before" if before else f"{after} s of silence after"
    ask = Ask(kind, TRANSCRIBE.pick(rng, False), " ".join(clip.words))
    return Item(ask, clip=_padded(rng, Clip(clip.words, np.concatenate(parts))))


MAKERS: dict[str, Callable[[Random, int], Item]] = {
    "pictures": pictures, "pairs": pairs, "mixed": mixed, "speech": speech, "silences": silences, "texts": texts,
}  # fmt: skip


def write_set(name: str, path: Path, count: int, seed: int = SEED) -> None:
    rng = Random(f"{seed} {name}")
    items = [_row(MAKERS[name](rng, index)) for index in range(count)]
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(items, schema=SCHEMA), path, row_group_size=64)


def _marked(ask: Ask, unseen: bool) -> Ask:
    """Asks in a wording that was never trained on are scored apart."""
    return replace(ask, kind=f"{ask.kind} (new wording)") if unseen else ask


def _unseen(rng: Random) -> Voice:
    return espeak_voice(rng.choice(ACCENTS), rng.choice(HELD_OUT_VARIANTS))


def _padded(rng: Random, clip: Clip) -> Clip:
    """The clip as a recording has it: a little silence around it, any loudness, a little hiss."""
    loudness, before, hiss = rng.uniform(0.1, 1.0), int(rng.uniform(0.02, 0.3) * RATE), rng.choice((0, 2, 10, 30))
    count = before * 2 + len(clip.samples)
    sound = np.random.default_rng(rng.getrandbits(31)).normal(0, hiss, count)
    sound[before : before + len(clip.samples)] += clip.samples * loudness
    return Clip(clip.words, np.clip(sound, -32768, 32767).astype(np.int16)[:MOST_SAMPLES])


def _row(item: Item) -> dict[str, Any]:
    return {
        "prompt": item.ask.prompt,
        "system": item.ask.system,
        "image": [{"bytes": _png(image), "path": None} for image in item.images] or None,
        "audio": None if item.clip is None else {"bytes": _wav(item.clip), "path": None},
        "reference": item.ask.answer,
        "kind": item.ask.kind,
    }


def _png(image: Image.Image) -> bytes:
    packed = io.BytesIO()
    image.save(packed, "PNG")
    return packed.getvalue()


def _wav(clip: Clip) -> bytes:
    packed = io.BytesIO()
    with wave.open(packed, "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(clip.samples.tobytes())
    return packed.getvalue()
