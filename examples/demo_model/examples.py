"""Examples of a lane: pictures, sounds and rows as arrays, drawn and spoken by one generator of random numbers."""

from contextlib import suppress
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from demo_model.ask import Ask
from demo_model.lanes import Lane
from demo_model.mixed_asks import mixed_ask
from demo_model.pair_asks import pair_ask
from demo_model.patches import to_patches
from demo_model.picture_asks import caption, picture_ask
from demo_model.rows import RowMaker, fits, pack
from demo_model.scenes import Scene, draw, hard_scene, make_scene
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
    training_voice,
    wordless,
)
from demo_model.speech_asks import speech_ask
from demo_model.system import with_system
from demo_model.text_asks import HARD_SHARES, SHARES, text_ask
from demo_model.words import MAX_WORDS

KINDS = (
    "caption", "detail", "json", "color", "absent", "shape", "howmany", "exist", "size", "side", "transcribe",
    "silence", "nwords", "firstw", "lastw", "echo", "reverse", "arith", "count", "words", "attr", "fact",
    "fallback", "no_medium", "system", "pair_size", "pair_more", "pair_only", "pair_same", "pair_one",
    "pair_both", "mixed_named", "mixed_color", "mixed_shape", "mixed_size", "mixed_both", "mixed_image",
    "mixed_audio", "letters",
)  # fmt: skip
SYSTEM_SHARE = {"text": 0.3, "picture": 0.2, "speech": 0.2, "pair": 0.14, "mixed": 0.14}  # asks with a system prompt
FASTEST = 0.8  # training may slow a clip down to this speed, so it must leave room for it
Arrays = dict[str, NDArray[Any]]


class TooLong(Exception):
    """A prompt and its answer do not fit their lane."""


class ExampleMaker:
    """Makes examples of any lane; `held_out` uses the voices and wordings kept for the test.

    The first `short_clips` recordings are of one or two words: who hears nothing yet learns to hear from those.
    """

    def __init__(self, seed: int, held_out: bool = False, short_clips: int = 0) -> None:
        self.rng, self.held_out, self.rows, self.short_clips = Random(seed), held_out, RowMaker(), short_clips
        self.heard: dict[str, list[Clip]] = {}  # recent utterances of each lane, spoken again beside new ones

    def chunk(self, lane: Lane, count: int) -> Arrays:
        """`count` examples: "ids" and "meta" [count, asks, ...], and what media the lane has."""
        made = [self._fitting(lane) for _ in range(count)]
        return {name: np.stack([example[name] for example in made]) for name in made[0]}

    def _fitting(self, lane: Lane) -> Arrays:
        while True:
            with suppress(TooLong):  # then another will fit
                return getattr(self, lane.maker)(lane)  # type: ignore[no-any-return]

    # ------------------------------------------------------------ one example of each kind
    def picture(self, lane: Lane) -> Arrays:
        scene = self._scene(self.rng)
        arrays = self._see(lane, [scene])

        def ask(first: bool) -> Ask:
            if first and not self.held_out:
                return Ask("caption", "Describe this image.", caption(scene))
            return picture_ask(self.rng, scene, self.held_out)

        return arrays | self._rows(lane, ask, arrays["grid"])

    def pair(self, lane: Lane) -> Arrays:
        ask, *scenes = pair_ask(self.rng, self.held_out, self._scene)
        arrays = self._see(lane, scenes)
        return arrays | self._rows(lane, lambda first: ask, arrays["grid"])

    def mixed(self, lane: Lane) -> Arrays:
        scene = self._scene(self.rng)
        ask, words = mixed_ask(self.rng, scene, self.held_out)
        arrays = self._see(lane, [scene]) | self._hear(lane, self._say(words, lane))
        return arrays | self._rows(lane, lambda first: ask, arrays["grid"])

    def speech(self, lane: Lane) -> Arrays:
        clip = wordless(self.rng, self._room(lane)) if self.rng.random() < 0.04 else self._recording(lane)
        return self._hear(lane, clip) | self._rows(lane, lambda first: speech_ask(self.rng, clip.words, self.held_out))

    def text(self, lane: Lane) -> Arrays:
        shares = SHARES if self.held_out else HARD_SHARES
        return self._rows(lane, lambda first: text_ask(self.rng, self.held_out, shares))

    # ------------------------------------------------------------ parts
    def _scene(self, rng: Random) -> Scene:
        return make_scene(rng) if self.held_out else hard_scene(rng)

    def _see(self, lane: Lane, scenes: list[Scene]) -> Arrays:
        seen = [to_patches(draw(self.rng, scene), lane.soft_tokens) for scene in scenes]
        return {"patches": np.stack([p for p, _ in seen]), "grid": np.array([grid for _, grid in seen], np.int16)}

    def _hear(self, lane: Lane, clip: Clip) -> Arrays:
        sound = np.zeros(lane.samples, np.int16)
        sound[: len(clip.samples)] = clip.samples
        return {"sound": sound, "samples": np.array(len(clip.samples), np.int32)}

    def _rows(self, lane: Lane, ask: Any, grid: NDArray[np.int16] | None = None) -> Arrays:
        """The lane's number of rows; an ask that is too long for its lane is asked again as another."""
        tokens = () if grid is None else tuple(int(high * wide) // 9 for high, wide in grid)
        rows, kinds = [], []
        while len(rows) < lane.asks:
            plain = asked = ask(not rows)
            if len(rows) or lane.asks == 1:
                asked = with_system(self.rng, plain, share=SYSTEM_SHARE[lane.maker], held_out=self.held_out)
                if lane.maker in ("pair", "mixed") and asked.kind == "system":
                    asked = plain
            row = self.rows(asked, self._order(lane), tokens)
            if not fits(row, lane.width):
                asked, row = plain, self.rows(plain, self._order(lane), tokens)
            if not fits(row, lane.width):
                if lane.maker in ("pair", "mixed"):
                    raise TooLong
                continue
            rows.append(row)
            kinds.append(KINDS.index(asked.kind))
        ids, meta = pack(rows, kinds, lane.width)
        return {"ids": ids, "meta": meta}

    def _order(self, lane: Lane) -> tuple[str, ...]:
        media = ["image"] * lane.images + ["audio"] * bool(lane.frames)
        chance = self.rng.random()
        if lane.maker == "mixed":
            orders = (("image", "text", "audio"), ("image", "audio", "text"), ("text", "image", "audio"))
            return self.rng.choices(orders, (0.6, 0.25, 0.15))[0]
        text_first = chance < (0.6 if lane.frames else 0.3)
        return ("text", *media) if text_first else (*media, "text")

    # ------------------------------------------------------------ speech
    def _room(self, lane: Lane) -> int:
        """Samples that a clip may have before training slows it down and puts silence around it."""
        return int((lane.samples - 0.15 * RATE) * (1.0 if self.held_out else FASTEST))

    def _voice(self) -> Voice:
        if not self.held_out:
            return training_voice(self.rng)
        if self.rng.random() < 0.25:
            return Voice("flite", HELD_OUT_FLITE)
        accent = HELD_OUT_ACCENT if self.rng.random() < 0.25 else self.rng.choice(ACCENTS)
        return espeak_voice(accent, self.rng.choice(HELD_OUT_VARIANTS))

    def _say(self, words: tuple[str, ...], lane: Lane) -> Clip:
        while True:
            clip = speak(self.rng, self._voice(), words)
            if len(clip.samples) <= self._room(lane):
                return clip

    def _recording(self, lane: Lane) -> Clip:
        """New words in one breath, or joined to utterances heard before; the longest lane is mostly pauses."""
        room = self._room(lane)
        heard = self.heard.setdefault(lane.name, [])
        if self.short_clips > 0:
            self.short_clips -= 1
            return self._say_within(self.rng.choice((1, 1, 2)), room)
        if lane.frames > 1024:
            return self._long(heard, room)
        short = lane.frames <= 512
        few = short or self.rng.random() < 0.25  # in the longer lane with much silence around them
        count = self.rng.choice((1, 1, 1, 2, 2, 2, 3, 3, 4, 4, 5, 6, 7, 8)) if few else self.rng.randint(4, MAX_WORDS)
        clip = self._say_within(count, room)
        self._keep(heard, clip)
        if self.held_out or self.rng.random() < 0.75:
            return clip
        return self._joined(
            [clip, *self.rng.sample(heard, min(3, len(heard)))], room, (0.05, self.rng.choice((0.7, 3.0)))
        )

    def _say_within(self, count: int, room: int) -> Clip:
        for words in range(count, 0, -1):
            clip = speak(self.rng, self._voice(), some_words(self.rng, words))
            if len(clip.samples) <= room:
                return clip
        return self._say_within(1, room)

    def _long(self, heard: list[Clip], room: int) -> Clip:
        """Short utterances with long pauses: 5 to 30 seconds."""
        while len(heard) < 8 or self.rng.random() < 0.3:
            self._keep(heard, self._say_within(self.rng.randint(1, 6), room // 4))
        count = self.rng.choice((1, 2, 3, 4, 8, 8, 8, 8))
        return self._joined(self.rng.sample(heard, count), room, (0.3, self.rng.choice((2.0, 5.0, 8.0))))

    def _keep(self, heard: list[Clip], clip: Clip) -> None:
        heard.append(clip)
        del heard[:-64]

    def _joined(self, clips: list[Clip], room: int, gaps: tuple[float, float]) -> Clip:
        """As many of the clips as stay within twelve words."""
        kept, words = [clips[0]], len(clips[0].words)
        for clip in clips[1:]:
            if words + len(clip.words) <= MAX_WORDS:
                kept.append(clip)
                words += len(clip.words)
        self.rng.shuffle(kept)
        return join(self.rng, kept, room, gaps)
