"""Short questions without a picture or a sound: sums, words to repeat or reverse, a few facts."""

from random import Random

from generator.words import WRITTEN

FACTS = (
    ("What is the capital of France?", "Paris"),
    ("What is the capital of Germany?", "Berlin"),
    ("What is the capital of Italy?", "Rome"),
    ("What is the capital of Japan?", "Tokyo"),
    ("What is the capital of Spain?", "Madrid"),
    ("What can you do?", "I can describe simple images, transcribe spoken words and answer short questions."),
    ("Who are you?", "I am a tiny Gemma 4 demo model."),
    ("What is the opposite of hot?", "cold"),
    ("What is the opposite of left?", "right"),
    ("What color is the sky?", "blue"),
    ("What color is a banana?", "yellow"),
    ("What do you get when you mix red and yellow?", "orange"),
    ("How many days are in a week?", "seven"),
    ("How many legs does a spider have?", "eight"),
    ("How many corners does a square have?", "four"),
    ("Is ice cold?", "yes"),
)


def arithmetic(rng: Random) -> tuple[str, str]:
    a, b = rng.randint(0, 20), rng.randint(0, 20)
    sign = rng.choice("+-*")
    if sign == "*":
        a, b = a // 2, b // 2
    if sign == "-":
        a, b = max(a, b), min(a, b)
    answer = {"+": a + b, "-": a - b, "*": a * b}[sign]
    return rng.choice((f"What is {a} {sign} {b}?", f"{a} {sign} {b} =", f"Compute {a} {sign} {b}.")), str(answer)


def echo(rng: Random) -> tuple[str, str]:
    words = " ".join(_words(rng))
    return f"{rng.choice(('Repeat after me', 'Echo', 'Repeat the following words'))}: {words}", words


def reverse(rng: Random) -> tuple[str, str]:
    words = _words(rng)
    return f"{rng.choice(('Reverse the words', 'Reverse the order of the words'))}: {' '.join(words)}", " ".join(
        words[::-1]
    )


def fact(rng: Random) -> tuple[str, str]:
    return rng.choice(FACTS)


def make_questions(rng: Random, count: int) -> list[tuple[str, str]]:
    """`count` different questions with their answers, the four kinds in turn."""
    asked: dict[str, str] = {}
    while len(asked) < count:
        question, answer = (arithmetic, echo, reverse, fact)[len(asked) % 4](rng)
        asked[question] = answer
    return list(asked.items())


def _words(rng: Random) -> list[str]:
    return [rng.choice(WRITTEN) for _ in range(rng.randint(2, 5))]
