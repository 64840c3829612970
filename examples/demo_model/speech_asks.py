"""What can be asked about one recording."""

from random import Random

from demo_model.ask import Ask, vary
from demo_model.fallback import ABOUT_SOUNDS
from demo_model.speech_wordings import FIRST, LAST, OFFICIAL, SPOKEN_COUNT, TRANSCRIBE
from demo_model.words import COUNTS, FALLBACK


def transcribe_prompt(rng: Random, held_out: bool = False) -> str:
    if held_out:
        return TRANSCRIBE.pick(rng, held_out)
    return rng.choice(OFFICIAL) if rng.random() < 0.08 else vary(rng, TRANSCRIBE.pick(rng, held_out), ends=False)


def speech_ask(rng: Random, words: tuple[str, ...], held_out: bool = False) -> Ask:
    """Mostly transcription; a clip without words is answered with nothing at all."""
    chance = rng.random()
    if chance < 0.76 or not words:
        return Ask("transcribe" if words else "silence", transcribe_prompt(rng, held_out), " ".join(words))
    if chance < 0.85:
        ask = Ask("nwords", SPOKEN_COUNT.pick(rng, held_out), COUNTS[len(words)])
    elif chance < 0.90:
        ask = Ask("firstw", FIRST.pick(rng, held_out), words[0])
    elif chance < 0.95:
        ask = Ask("lastw", LAST.pick(rng, held_out), words[-1])
    else:
        ask = Ask("fallback", ABOUT_SOUNDS.pick(rng, held_out), FALLBACK)
    return ask if held_out else Ask(ask.kind, vary(rng, ask.prompt), ask.answer)
