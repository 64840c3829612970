"""What can be asked about one recording."""

from random import Random

from demo_model.ask import Ask, Wordings, vary
from demo_model.fallback import ABOUT_SOUNDS
from demo_model.words import COUNTS, FALLBACK

FORMAT = (
    "Follow these specific instructions for formatting the answer:\n"
    "* Only output the transcription, with no newlines.\n"
    "* When transcribing numbers, write the digits, i.e. write 1.7 and not one point seven, "
    "and write 3 instead of three."
)
OFFICIAL = (  # the wording of the model's own documentation; the demo speaks no digits, so it writes words
    f"Transcribe the following speech segment in its original language. {FORMAT}",
    f"Transcribe the following speech segment in English into English text. {FORMAT}",
)
TRANSCRIBE = Wordings(
    (
        "Transcribe this audio.", "Transcribe the audio.", "Transcribe the speech.", "Transcribe the following speech.",
        "What is being said?", "What does the speaker say?", "Write down the words.", "Transcribe this recording.",
        "Transcribe", "Transcribe this audio clip.", "What do you hear?", "Provide a transcript of this audio.",
        "Transcribe the following speech segment in English:", "Convert this speech to text.", "Transcribe the words.",
        "Transcribe the following speech segment in English into English text.", "Write a transcript.",
        "Transcribe the following speech segment in its original language.", "What words are spoken?",
        "Transcribe this audio into English text.", "Write exactly what is said.", "Give me the transcript.",
    ),
    ("Type out what you hear.", "What did the speaker say?", "Please write a transcript of this recording.",
     "Give the transcript of this clip."),
)  # fmt: skip
SPOKEN_COUNT = Wordings(
    ("How many words are spoken?", "How many words do you hear?", "Count the spoken words.",
     "What is the number of words?", "How many words does the speaker say?"),
    ("How many words are said?", "Give the number of spoken words."),
)  # fmt: skip
FIRST = Wordings(
    ("What is the first word?", "Which word comes first?", "Write only the first word.", "Name the first word."),
    ("Tell me the first word.",),
)  # fmt: skip
LAST = Wordings(
    ("What is the last word?", "Which word comes last?", "Write only the last word.", "Name the last word."),
    ("Tell me the last word.",),
)  # fmt: skip


def transcribe_prompt(rng: Random, held_out: bool = False) -> str:
    if held_out:
        return TRANSCRIBE.pick(rng, held_out)
    return rng.choice(OFFICIAL) if rng.random() < 0.08 else vary(rng, TRANSCRIBE.pick(rng, held_out), ends=False)


def speech_ask(rng: Random, words: tuple[str, ...], held_out: bool = False) -> Ask:
    """Mostly transcription; a clip without words is answered with nothing at all."""
    chance = rng.random()
    if chance < 0.78 or not words:
        return Ask("transcribe" if words else "silence", transcribe_prompt(rng, held_out), " ".join(words))
    if chance < 0.87:
        ask = Ask("nwords", SPOKEN_COUNT.pick(rng, held_out), COUNTS[len(words)])
    elif chance < 0.92:
        ask = Ask("firstw", FIRST.pick(rng, held_out), words[0])
    elif chance < 0.97:
        ask = Ask("lastw", LAST.pick(rng, held_out), words[-1])
    else:
        ask = Ask("fallback", ABOUT_SOUNDS.pick(rng, held_out), FALLBACK)
    return ask if held_out else Ask(ask.kind, vary(rng, ask.prompt), ask.answer)
