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
        "Transcribe this audio.", "Transcribe the audio.", "Transcribe the speech.",
        "Transcribe the following speech.", "What is being said?", "What does the speaker say?",
        "Write down the words.", "Transcribe this recording.", "Transcribe", "Transcribe this audio clip.",
        "What do you hear?", "Provide a transcript of this audio.",
        "Transcribe the following speech segment in English:", "Convert this speech to text.",
        "Transcribe the words.", "Transcribe the following speech segment in English into English text.",
        "Write a transcript.", "Transcribe the following speech segment in its original language.",
        "What words are spoken?", "Transcribe this audio into English text.", "Write exactly what is said.",
        "Give me the transcript.",
        "(Transcribe|Write down|Write out|Transcribe word for word) (this|the) (audio|speech|recording|clip|audio"
        " clip|sound|voice|audio file|voice message|spoken text).",
        "(Transcribe|Write down|Write|Type|Give|Give me|Tell me|Note|Note down|Repeat|Say|Copy) (what is said|what is"
        " being said|what the speaker says|what you hear|the spoken words|what is spoken|every word|all words|the"
        " words you hear|the words).",
        "(Give|Give me|Provide|Make|Create|Produce|Generate|I need|Return|Output) (a|the) (transcript|transcription)("
        "| of this audio| of the audio| of the speech| of this recording| of the clip).",
        "What (is said|is spoken|is being said|do they say|do you hear|does the voice say|does the speaker say|words"
        " do you hear|are the words|does the person say|can you hear|was said)(| here| in this recording| in the"
        " audio| in the clip)?",
        "(Convert|Turn) (this|the) (audio|speech|recording|voice|sound) (to|into) (text|words|written words|English"
        " text).",
        "(Listen|Listen to this|Listen to the audio|Listen to the recording)(.| and|, then) (transcribe it|write down"
        " the words|write what is said|tell me what is said).",
        "(Transcript|Transcription|Speech to text|Transcribe|Words)(:|, please| of the audio)",
        "Which words (are spoken|do you hear|are said|does the speaker say|does the speaker use)?",
        "(Transcribe|Write) this (exactly|word by word|verbatim|in English|as text).", "Please transcribe.",
        "Transcribe the following (audio|recording|clip|words)(:|.)",
    ),
    (
        "Type out what you hear.", "What did the speaker say?", "Please write a transcript of this recording.",
        "Give the transcript of this clip.", "Put the spoken words into writing.", "What did you just hear?",
    ),
)  # fmt: skip
SPOKEN_COUNT = Wordings(
    (
        "How many words are spoken?", "How many words do you hear?", "Count the spoken words.",
        "What is the number of words?", "How many words does the speaker say?",
        "How many words (are spoken|do you hear|can you hear|does the speaker say|are there|do they say|are in the"
        " audio|are in the recording|are in the clip|does the clip have|were spoken|does the voice say|do you count"
        "|are being said)(| in all| here| in total)?",
        "(Count|Count up) (the|all|all the) (words|spoken words|words you hear|words spoken|words that are said)(| in"
        " the audio| in the recording)(.|)",
        "(What is|Tell me|State|Say|Write|Report|Name) the (number|count) of (words|spoken words|words spoken|words"
        " you hear|words said)(| in the audio| in the recording)(.|)",
        "(Number|Count) of (words|spoken words)(?|:|)", "How many words(?| in the audio?| in this clip?| in total?)",
    ),
    (
        "How many words are said?", "Give the number of spoken words.", "What is the word count of this clip?",
    ),
)  # fmt: skip
FIRST = Wordings(
    (
        "What is the first word?", "Which word comes first?", "Write only the first word.", "Name the first word.",
        "(What|Which) is the (first|very first|opening) word(| of the audio| in the recording| you hear| spoken)?",
        "Which word (comes first|is first|is said first|is spoken first|do you hear first|starts the clip)?",
        "(Write|Say|Give|Give me|Repeat|Transcribe|State|Report|Return)( only| just|) the (first|first spoken) word(."
        "| you hear.| that is said.)",
        "First word(?|:|)", "With (which|what) word does the (speaker|recording|clip|audio) (start|begin)?",
    ),
    (
        "Tell me the first word.", "What does the speaker say first?",
    ),
)  # fmt: skip
LAST = Wordings(
    (
        "What is the last word?", "Which word comes last?", "Write only the last word.", "Name the last word.",
        "(What|Which) is the (last|very last|final) word(| of the audio| in the recording| you hear| spoken)?",
        "Which word (comes last|is last|is said last|is spoken last|do you hear last|ends the clip)?",
        "(Write|Say|Give|Give me|Repeat|Transcribe|State|Report|Return)( only| just|) the (last|last spoken|final)"
        " word(.| you hear.| that is said.)",
        "Last word(?|:|)", "With (which|what) word does the (speaker|recording|clip|audio) (end|stop|finish)?",
    ),
    (
        "Tell me the last word.", "What does the speaker say last?",
    ),
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
