"""What is asked: 10 images, 12 questions on recordings, 3 chats, and the controls. Data, no code to speak of.

The published model card's protocol (10 images; 12 audio questions on transcription, scene and context, emotion and
tone, speaker; chat in 3 languages), on media that may be passed on (canary/README.md).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

CANARY = Path(__file__).parent.parent / "canary"

Category = Literal["image", "transcription", "scene", "emotion", "speaker", "chat"]
Modality = Literal["text", "image", "audio"]
Script = Literal["Latin", "Chinese", "Japanese"]
MODALITIES: tuple[Modality, ...] = ("text", "image", "audio")

TRANSCRIBE = "Transcribe the following speech segment in its original language. Only output the transcription."
CAPTION = "Describe this image in one sentence."
SHAPE = "Which shapes do you see in this picture, and what color are they?"


@dataclass(frozen=True, slots=True)
class Known:
    """What the demonstration model is asked in place of the question, in its own small world, and what it answers,
    exactly. `medium`: what it is shown or played instead, where the question's own is outside that world."""

    prompt: str
    answer: str
    medium: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """`keywords`: of each group one must be in the answer. `strict`: without them the row fails; otherwise it is one
    for a person to look at. `reference` with `most_wrong`: the largest word error rate that passes."""

    name: str
    category: Category
    prompt: str
    medium: str | None = None
    keywords: tuple[tuple[str, ...], ...] = ()
    strict: bool = True
    script: Script | None = None
    reference: str | None = None
    most_wrong: float = 0.0
    known: Known | None = None

    @property
    def modality(self) -> Modality:
        return "image" if self.category == "image" else "text" if self.category == "chat" else "audio"

    def asked(self, *, demo: bool) -> tuple[str, str | None]:
        """Prompt and medium."""
        if demo and self.known is not None:
            return self.known.prompt, self.known.medium or self.medium
        return self.prompt, self.medium


def _scene(name: str, file: str, answer: str, *keywords: str) -> Question:
    known = Known("Describe this image.", answer)  # known to it as it is
    return Question(name, "image", SHAPE, file, tuple((word,) for word in keywords), known=known)


def _photo(name: str, file: str, instead: tuple[str, str], *keywords: str) -> Question:
    file_instead, answer = instead
    known = Known("Describe this image.", answer, file_instead)
    return Question(name, "image", CAPTION, file, (keywords,), known=known)


def _heard(file: str, answer: str) -> Known:
    return Known("What is being said?", answer, file)


def _words(name: str, file: str, answer: str) -> Question:
    """Single synthetic words are hard for a real model: nothing to fail it for."""
    return Question(
        name, "transcription", TRANSCRIBE, file, strict=False, reference=answer, most_wrong=0.5,
        known=Known("Transcribe this audio.", answer),
    )  # fmt: skip


JFK = "and so my fellow americans ask not what your country can do for you ask what you can do for your country"
AUSTEN = "unless to be rather cold hearted and rather selfish is to be ill disposed"
LONG = (
    f"{JFK} the cut on his chest still dripping blood the ache of his overstrained eyes even the soaring arena around "
    "him with the thousands of spectators were trivialities not worth thinking about and mister john dashwood had "
    "then leisure to consider how much there might be prudently in his power to do for them he was not an ill "
    f"disposed young man {AUSTEN}"
)
WORDS = "red white white start right white red right diamond purple on four"
FRENCH = "bonjour le train pour paris part à huit heures du matin la pluie va tomber demain"

IMAGES = (
    _scene("purple diamond", "purple-diamond.jpeg", "a large purple diamond", "purple"),
    _scene("blue circle", "blue-circle.jpg", "a large blue circle", "blue", "circle"),
    _scene("black square", "black-square.jpeg", "a small black square", "black", "square"),
    _scene("red star", "red-star.webp", "a large red star", "red", "star"),
    _scene("two squares", "pink-and-black.png", "a large pink square left of a small black square", "pink", "black"),
    _photo("cat", "cat.jpg", ("pink-heart.gif", "a small pink heart"), "cat", "kitten", "tabby"),
    _photo("coffee", "coffee.jpg", ("green-ring.webp", "a large green ring"), "coffee", "espresso", "cup"),
    Question(
        "page", "image", "What is the heading of this page?", "page.png", (("segmentation",),),
        known=Known("Describe this image.", "a small blue triangle", "blue-triangle.gif"),
    ),
    _photo(
        "pagoda", "pagoda.jpg", ("small-diamond.jpg", "a small purple diamond"),
        "pagoda", "temple", "tower", "palace", "pavilion", "building",
    ),
    _photo(
        "flower", "flower.jpg", ("purple-triangle.webp", "a large purple triangle"),
        "flower", "dahlia", "bloom", "blossom",
    ),
)  # fmt: skip
TONE = "What is the speaker's tone? Answer in a few words."
AUDIO = (
    _words("two words", "red-white.flac", "red white"),
    _words("three words", "white-start-right.m4a", "white start right"),
    Question(
        "short speech", "transcription", TRANSCRIBE, "austen.opus", reference=AUSTEN, most_wrong=0.3,
        known=Known("Transcribe this audio.", "white red right", "white-red-right.opus"),
    ),
    Question(
        "43 s of speech", "transcription", TRANSCRIBE, "long.opus", reference=LONG, most_wrong=0.3,
        known=Known("Transcribe this audio.", WORDS, "words.opus"),
    ),
    # Synthetic, and homophones abound in French: twice the room.
    Question(
        "French", "transcription", TRANSCRIBE, "french.opus", script="Latin", reference=FRENCH, most_wrong=0.6,
        known=_heard("white-start-right.m4a", "white start right"),
    ),
    Question("no speech", "transcription", TRANSCRIBE, "robin.ogg"),
    Question(
        "speech or conversation", "scene", "Is this a public speech or a private conversation?", "jfk.opus",
        (("speech", "public", "address"),), strict=False, known=_heard("red-white.flac", "red white"),
    ),
    Question(
        "birdsong", "scene", "What do you hear in this recording?", "robin.ogg",
        (("bird", "chirp", "sing", "whistl", "tweet"),), strict=False,
        known=_heard("white-start-right.m4a", "white start right"),
    ),
    Question("tone of a speech", "emotion", TONE, "jfk.opus", known=_heard("white-red-right.opus", "white red right")),
    Question("tone of a reader", "emotion", TONE, "austen.opus", known=_heard("red-white.flac", "red white")),
    Question(
        "man or woman", "speaker", "Is the speaker a man or a woman?", "jfk.opus", (("man", "male"),), strict=False,
        known=_heard("white-start-right.m4a", "white start right"),
    ),
    Question(
        "language", "speaker", "Which language does the speaker speak?", "french.opus", (("french", "français"),),
        strict=False, known=_heard("white-red-right.opus", "white red right"),
    ),
)  # fmt: skip
CHATS = (
    Question(
        "English", "chat", "What is the capital of France? Answer in one short sentence.", None, (("paris",),),
        script="Latin", known=Known("What is the capital of France?", "Paris"),
    ),
    Question("Chinese", "chat", "请用一句话回答:法国的首都是哪里?", None, (("巴黎",),), script="Chinese"),
    Question(
        "Japanese", "chat", "フランスの首都はどこですか。一文で答えてください。", None, (("パリ",),), script="Japanese"
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Protocol:
    """What one validation does. `swaps`: (question, whose medium it is asked with instead), by name; `batched`: the
    questions asked in batches of each of `sizes`, and alone."""

    questions: tuple[Question, ...]
    swaps: tuple[tuple[str, str], ...]
    batched: tuple[str, ...]
    sizes: tuple[int, ...]

    def named(self, name: str) -> Question:
        return next(question for question in self.questions if question.name == name)


WHOLE = Protocol(
    questions=(*CHATS, *IMAGES, *AUDIO),
    swaps=(("red star", "blue circle"), ("cat", "coffee"), ("two words", "three words"), ("short speech", "French")),
    # Short media of each kind, in an order that mixes them.
    batched=(
        "English", "red star", "two words", "Chinese", "cat", "short speech", "Japanese", "two squares", "three words",
        "black square", "French", "blue circle",
    ),
    sizes=(2, 4, 8),
)  # fmt: skip
