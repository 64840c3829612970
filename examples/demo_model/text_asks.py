"""Exercises without a medium: echo, reverse, count, sums, words, attributes, facts, and what it cannot know."""

import string
from random import Random

from demo_model.ask import Ask, Wordings, vary
from demo_model.fallback import unknown_prompt
from demo_model.picture_asks import AS_JSON, CAPTION, DETAIL
from demo_model.speech_asks import SPOKEN_COUNT, TRANSCRIBE
from demo_model.words import COLOURS, FALLBACK, NO_AUDIO, NO_IMAGE, NUMBERS, SHAPES, SIZES, WRITTEN

ECHO = Wordings(
    (
        "Repeat after me: {}", "Echo: {}", "Repeat: {}", "Say: {}", "Repeat the following words: {}", "echo {}",
        "Repeat this text: {}", "Repeat these words: {}", "Copy this: {}", "Say the following: {}",
        "(Repeat|Say|Echo|Copy|Write|Print|Output|Return|Recite|Type|Reproduce|Give back|Speak)( after me| this| the"
        " following| these words| this text| the words| this phrase| the next words| this line| the text| what"
        " follows| the sentence| my words| word for word| once| again|): {}",
        "(Repeat|Say|Echo|Copy|Write|Print|Output|Return|Type|Answer with|Reply with|Respond with)( exactly| only|"
        " just|) (this|these words|the following|the words|what I write|what I say|the same words): {}",
        "(Please|Now|Can you|Could you|Just|I want you to|You) (say|echo|copy|write|print|return|say again|write"
        " down): {}",
        "(Can you|Could you|Would you|Just|Now) repeat( this| after me| these words|): {}",
        "(say|repeat|copy|write|print) {}",
        "(Words to repeat|To repeat|Echo this|My words|Text to copy|Repetition): {}",
        "(Repeat|Echo|Copy|Say) this( text| line| phrase|)(. |\n){}",
    ),
    (
        "Please repeat: {}", "Repeat exactly: {}", "Give me back these words unchanged: {}",
        "Echo the following without any change: {}",
    ),
)  # fmt: skip
REVERSE = Wordings(
    (
        "Reverse the words: {}", "Reverse: {}", "Write these words in reverse order: {}",
        "Reverse the order of the words: {}", "Say these words backwards: {}", "Give the words in reverse order: {}",
        "(Reverse|Turn around|Invert|Flip)( the words| the order| the order of the words| the word order| the"
        " following words| this|): {}",
        "(Write|Say|Give|Print|Output|Return|Repeat|Type|List)( these words| the words| this| the following words|)"
        " (in reverse order|backwards|in reversed order|from last to first|from the last to the first|in the opposite"
        " order|the other way round): {}",
        "(Please|Now|Can you|Could you) (reverse|reverse the words|say backwards|turn around): {}",
        "(Backwards|Reversed|In reverse order|Reverse order|From last to first): {}",
    ),
    (
        "Put these words in reverse order: {}", "Reverse these words: {}",
        "Start with the last word and end with the first: {}",
    ),
)  # fmt: skip
SUM = Wordings(
    (
        "What is {a} {sign} {b}?", "What is {a} {word} {b}?", "{a} {sign} {b} =", "{a}{sign}{b}=",
        "Compute {a} {sign} {b}.", "Calculate {a} {word} {b}.", "How much is {a} {word} {b}?", "{a} {sign} {b}",
        "Work out {a} {sign} {b}.",
        "(What is|What's|How much is|Compute|Calculate|Work out|Find|Solve|Evaluate|Give|Give me|Say|Determine) {a}"
        " {word} {b}(.|?|)",
        "(What is|What's|Compute|Calculate|Work out|Find|Solve|Evaluate|Give|Give me|Say|Determine|Result of) {a}"
        " {sign} {b}(.|?|)",
        "{a} {sign} {b}( = ?|=?| is| equals|?| makes)", "{a} {word} {b}( is| equals| makes|?|)",
        "(What|How much) (does|do) {a} {word} {b} (make|give|equal)?",
        "(The result of|The value of) {a} {sign} {b}(?|:|)", "{a}{sign}{b}(|?|)",
    ),
    (
        "Tell me {a} {word} {b}.", "How much is {a} {sign} {b}?", "Do the math: {a} {sign} {b}",
    ),
)  # fmt: skip
COUNT = Wordings(
    (
        "Count from {} to {}.", "Count from {} to {}", "Please count from {} to {}.",
        "List the numbers from {} to {}.",
        "(Count|Count up|Count upwards|Please count|Can you count|Now count|List the numbers|Write the numbers|Say"
        " the numbers|Give the numbers|List all numbers|Name the numbers|Write all numbers) from {} (to|up to|until)"
        " {}(.|?|)",
        "(Numbers|The numbers) from {} to {}(:|.|)", "(Start at|Begin with) {} and count (to|up to) {}.",
        "Go from {} to {}.",
    ),
    (
        "Count up from {} to {}.", "What numbers lead from {} up to {}?",
    ),
)  # fmt: skip
HOW_MANY = Wordings(
    (
        "How many words are in: {}", "Count the words: {}", "How many words are these: {}",
        "How many words (are in|are here|are these|are there|do you count|does this have|are in this|are in this line"
        "|are in the following|do you see): {}",
        "(Count|Count up)( the words| these words| the words in| the following words| how many words these are| all"
        " words| all the words|): {}",
        "(What is|Tell me|State|Say|Write|Report|Return) the (number|count) of words( in|): {}",
        "(Number|Count) of words( in|): {}", "How many words: {}",
        "(Word count|The number of words) (of|in)( this|): {}",
    ),
    (
        "Give the number of words: {}", "Say how long this is in words: {}",
    ),
)  # fmt: skip
PLACE = Wordings(
    (
        "What is the {} word of: {}", "Give the {} word of: {}", "(What|Which) is the {} word( of| in|): {}",
        "(Give|Give me|Write|Name|Say|Return|Find|Show|Output|Pick|Print|Repeat|State|Take)( only| just|) the {}"
        " word( of| in| from|): {}",
        "(Which word is the|Which word comes|The) {}(| word| one)( of| in|): {}",
        "The {} word (of|in)( these words| this| this line| the following|)( is|): {}",
    ),
    (
        "Tell me the {} word of: {}", "Keep nothing but the {} word: {}",
    ),
)  # fmt: skip
FACTS = (
    ("What is the capital of France?", "Paris"), ("What is the capital of Germany?", "Berlin"),
    ("What is the capital of Italy?", "Rome"), ("What is the capital of Japan?", "Tokyo"),
    ("What is the capital of Spain?", "Madrid"), ("Who are you?", "I am a tiny Gemma 4 demo model."),
    ("What are you?", "I am a tiny Gemma 4 demo model."), ("What is your name?", "I am a tiny Gemma 4 demo model."),
    ("What can you do?", "I can describe simple images, transcribe spoken words and answer short questions."),
    ("Say hello.", "Hello!"), ("Hello", "Hello!"), ("Hi", "Hello!"), ("Hello!", "Hello!"),
    ("Thank you.", "You are welcome."), ("Thanks!", "You are welcome."), ("What is the opposite of hot?", "cold"),
    ("What is the opposite of up?", "down"), ("What is the opposite of left?", "right"),
    ("What is the opposite of yes?", "no"), ("What is the opposite of large?", "small"),
    ("What is the opposite of black?", "white"), ("What is the opposite of start?", "stop"),
    ("What color is the sky?", "blue"), ("What color is grass?", "green"), ("What color is snow?", "white"),
    ("What color is a banana?", "yellow"), ("What color is coal?", "black"),
    ("What do you get when you mix red and yellow?", "orange"),
    ("What do you get when you mix blue and yellow?", "green"),
    ("What do you get when you mix red and blue?", "purple"), ("How many days are in a week?", "seven"),
    ("How many legs does a dog have?", "four"), ("How many legs does a spider have?", "eight"),
    ("How many sides does a triangle have?", "three"), ("How many sides does a square have?", "four"),
    ("How many corners does a square have?", "four"), ("Is the sky blue?", "yes"), ("Is snow black?", "no"),
    ("Is fire cold?", "no"), ("Is ice cold?", "yes"),
    ("Tell me a joke.", "Why did the circle go home? It had no corners to hide in."),
    ("Write a haiku.", "Red circle rising, blue square sleeping in the snow, a small star listens."),
)  # fmt: skip
ATTRIBUTES: tuple[tuple[Wordings, str], ...] = (  # with what is asked for; a thing's own color makes "yes"
    (
        Wordings(
            ("What color is a {c} {s}?", "(What|Which) (color|colour) (is|has) a {c} {s}(?|)",
             "Name the color of a {c} {s}.",
             "(What is|Give|Say|State) the (color|colour) of a {c} {s}(.|?|)"),
            ("In what color would you paint a {c} {s}?",),
        ),
        "color",
    ),
    (
        Wordings(
            ("What shape is a {c} {s}?", "(What|Which) shape (is|has) a {c} {s}(?|)", "Name the shape of a {c} {s}.",
             "(What is|Give|Say|State) the shape of a {c} {s}(.|?|)"),
            ("A {c} {s} has which form?",),
        ),
        "shape",
    ),
    (
        Wordings(
            ("Is a {c} {s} {o}?", "(Would you say|Is it true) that a {c} {s} is {o}?",
             "A {c} {s} is {o}, (yes or no|right)?"),
            ("Does a {c} {s} look {o}?",),
        ),
        "other",
    ),
    (
        Wordings(
            ("What size is a {z} {c} {s}?", "(What|Which) size (is|has) a {z} {c} {s}(?|)", "How big is a {z} {c} {s}?",
             "(What is|Give|Say|State) the size of a {z} {c} {s}(.|?|)",
             "Is a {z} {c} {s} (small or large|large or small)?"),
            ("Tell me how big a {z} {c} {s} is.",),
        ),
        "size",
    ),
)  # fmt: skip
KINDS = ("echo", "reverse", "arith", "count", "words", "attr", "fact", "fallback", "no_medium")
SHARES = (0.2, 0.14, 0.18, 0.06, 0.1, 0.06, 0.1, 0.14, 0.02)
SIGNS = {"+": "plus", "-": "minus", "*": "times"}


def text_ask(rng: Random, held_out: bool = False) -> Ask:
    kind = rng.choices(KINDS, SHARES)[0]
    prompt, answer = MAKERS[kind](rng, held_out)
    # What is echoed must come back as it was written, so only the fixed wordings are varied.
    if kind in ("fact", "no_medium", "fallback") and not held_out:
        prompt = vary(rng, prompt, ends=kind == "fallback")
    elif rng.random() < 0.1 and not held_out:
        prompt = prompt[0].lower() + prompt[1:]
    return Ask(kind, prompt, answer)


def _words(rng: Random, low: int, high: int) -> list[str]:
    return [rng.choice(WRITTEN) for _ in range(rng.randint(low, high))]


def _echo(rng: Random, held_out: bool) -> tuple[str, str]:
    said = " ".join(_words(rng, 1, 8))
    if rng.random() < 0.15:
        letters = ["".join(rng.choices(string.ascii_lowercase, k=rng.randint(2, 5))) for _ in range(rng.randint(1, 3))]
        said = " ".join(letters)
    return ECHO.pick(rng, held_out).format(said), said


def _reverse(rng: Random, held_out: bool) -> tuple[str, str]:
    words = _words(rng, 2, 7)
    return REVERSE.pick(rng, held_out).format(" ".join(words)), " ".join(reversed(words))


def _arith(rng: Random, held_out: bool) -> tuple[str, str]:
    sign = rng.choice("+++--*")
    high = 10 if sign == "*" else 20
    a, b = rng.randint(0, high), rng.randint(0, high)
    if sign == "-":
        a, b = max(a, b), min(a, b)
    answer = {"+": a + b, "-": a - b, "*": a * b}[sign]
    return SUM.pick(rng, held_out).format(a=a, b=b, sign=sign, word=SIGNS[sign]), str(answer)


def _count(rng: Random, held_out: bool) -> tuple[str, str]:
    first = rng.randint(0, 12)
    last = first + rng.randint(1, 12)
    return COUNT.pick(rng, held_out).format(first, last), " ".join(map(str, range(first, last + 1)))


def _word(rng: Random, held_out: bool) -> tuple[str, str]:
    words = _words(rng, 2, 7)
    said = " ".join(words)
    place = rng.choice(("first", "last", None))
    if place is None:
        return HOW_MANY.pick(rng, held_out).format(said), NUMBERS[len(words)]
    return PLACE.pick(rng, held_out).format(place, said), words[0 if place == "first" else -1]


def _attribute(rng: Random, held_out: bool) -> tuple[str, str]:
    colour, shape, size = rng.choice(COLOURS), rng.choice(SHAPES), rng.choice(SIZES)
    other = colour if rng.random() < 0.5 else rng.choice([name for name in COLOURS if name != colour])
    wordings, wanted = rng.choice(ATTRIBUTES)
    answers = {"color": colour, "shape": shape, "size": size, "other": "yes" if other == colour else "no"}
    return wordings.pick(rng, held_out).format(c=colour, s=shape, z=size, o=other), answers[wanted]


def _fact(rng: Random, held_out: bool) -> tuple[str, str]:
    return rng.choice(FACTS)


def _fallback(rng: Random, held_out: bool) -> tuple[str, str]:
    return unknown_prompt(rng, held_out), FALLBACK


def _no_medium(rng: Random, held_out: bool) -> tuple[str, str]:
    wordings, answer = rng.choice(
        ((CAPTION, NO_IMAGE), (DETAIL, NO_IMAGE), (AS_JSON, NO_IMAGE), (TRANSCRIBE, NO_AUDIO), (SPOKEN_COUNT, NO_AUDIO))
    )
    return wordings.pick(rng, held_out), answer


MAKERS = dict(
    zip(KINDS, (_echo, _reverse, _arith, _count, _word, _attribute, _fact, _fallback, _no_medium), strict=True)
)
