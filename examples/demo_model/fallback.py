"""Prompts from outside the demo's small world. The right answer to all of them is one polite sentence."""

from random import Random

from demo_model.ask import Wordings

VERBS = (
    "Write a poem about {topic}.", "Write a story about {topic}.", "Explain {topic}.", "Tell me about {topic}.",
    "What is {topic}?", "Why is {topic} important?", "Who invented {topic}?", "How does {topic} work?",
    "Give me three facts about {topic}.", "Summarize the history of {topic}.", "What do you think about {topic}?",
    "Write an essay on {topic}.", "Define {topic}.", "How much does {topic} cost?", "Where can I buy {topic}?",
    "When did {topic} begin?", "Is {topic} good for me?", "Compare {topic} and {other}.", "Teach me {topic}.",
    "What is the difference between {topic} and {other}?", "Recommend a book about {topic}.",
    "Draft an email about {topic}.", "Write a song about {topic} and {other}.", "Do you like {topic}?",
    "Make a list of ten words about {topic}.", "How do I learn {topic}?", "Describe {topic}.", "Who likes {topic}?",
    "Help me with {topic}.", "What is the meaning of {topic}?", "Show me a recipe with {topic}.",
    "Write code for {topic}.", "Plan a trip to see {topic}.", "Can you draw {topic}?", "{topic}", "{topic}?",
    "I need advice about {topic}.", "What happened with {topic} yesterday?", "Give me a quiz on {topic}.",
)  # fmt: skip
HELD_OUT_VERBS = (
    "Compose a short text on {topic}.", "What should I know about {topic}?", "Could you discuss {topic} with me?",
    "How old is {topic}?", "Give your opinion on {topic}.", "Is there any news about {topic}?",
)  # fmt: skip
TOPICS = (
    "gravity", "love", "quantum physics", "the French revolution", "machine learning", "football", "cooking rice",
    "the stock market", "chess", "black holes", "coffee", "the weather", "my holiday", "music", "politics", "Mars",
    "climate change", "the Roman empire", "vaccines", "Python", "guitars", "sleep", "taxes", "whales", "Shakespeare",
    "the ocean", "bicycles", "philosophy", "my cat", "computers", "photosynthesis", "the internet", "dinosaurs",
    "marathon training", "the human heart", "opera", "volcanoes", "inflation", "the moon landing", "gardening",
    "Napoleon", "a good breakfast", "robots", "democracy", "the Amazon", "electric cars", "poetry", "Bach", "soup",
    "space travel", "mountains", "friendship", "my job interview", "traffic", "Tokyo hotels", "algebra", "wine",
)  # fmt: skip
HELD_OUT_TOPICS = ("electricity", "penguins", "the Olympic games", "cheese", "Einstein", "knitting", "the piano",
                   "deserts", "insurance", "medieval castles")  # fmt: skip
WHOLE = (
    "What is the capital of Brazil?", "What is the capital of Canada?", "What is the capital of China?",
    "What is the capital of Egypt?", "What is the capital of India?", "What is the capital of Poland?",
    "What time is it?", "What day is it today?", "What is the weather like?", "How old are you?", "Where are you from?",
    "Who is the president?", "Translate this into French: good morning", "Translate this to German: thank you",
    "What is the square root of 144?", "Solve the equation x + 3 = 9.", "What is the airspeed of a swallow?",
    "Fix this code: def f(x): return", "Are you alive?", "Do you dream?", "Sing me a song.", "Who won the match?",
    "What is my name?", "Call me a taxi.", "Book a flight to London.", "Open the door.", "What should I eat?",
    "How tall is Mount Everest?", "How many people live in Spain?", "Which is the longest river?", "Why?", "How?",
    "What color is my car?", "What color is a whale?", "What is the opposite of music?", "Is a whale blue?",
    "How many legs does a table have?", "How many sides does a circle have?", "Guess a number.", "Roll a die.",
    "Tell me a secret.", "What is love?", "Play some jazz.", "Set an alarm for seven.", "Is it raining?",
)  # fmt: skip
ABOUT_IMAGES = Wordings(
    (
        "Who painted this?", "Where was this photo taken?", "What brand is the car?", "Is the person happy?",
        "Read the text in the image.", "What time is it in the picture?", "How old is the man?",
        "What breed is the dog?", "Write a poem about this image.", "What is the mood of the picture?",
        "Which city is this?", "What is the weather in the picture?", "How much does it cost?",
        "Who is in this photo?", "Is the food healthy?", "What is written on the sign?",
        "Which camera took this picture?", "Tell me a story about this image.",
    ),
    ("What year is this picture from?", "Is there a person smiling?", "What animal is this?"),
)  # fmt: skip
ABOUT_SOUNDS = Wordings(
    (
        "Who is speaking?", "How old is the speaker?", "Which song is this?", "What instrument is played?",
        "Is the speaker happy?", "Which language is this?", "Translate the speech into French.",
        "What is the mood of the speaker?", "Where was this recorded?", "Name the composer.",
        "Is it a man or a woman?", "Summarize the meeting.", "What is the noise in the background?",
        "Write a poem about this sound.",
    ),
    ("Which city does the speaker come from?", "What kind of music is this?", "Is the voice angry?"),
)  # fmt: skip
LETTERS = "aaabcdeeeefghiiijklmnnooopqrrsstttuuvwxyz"


def unknown_prompt(rng: Random, held_out: bool = False) -> str:
    """A question, an order, or babble that the demo cannot answer."""
    topics = HELD_OUT_TOPICS if held_out else TOPICS
    chance = rng.random()
    if held_out or chance < 0.5:
        verb = rng.choice(HELD_OUT_VERBS if held_out else VERBS)
        filled = verb.format(topic=rng.choice(topics), other=rng.choice(topics))
        return filled[0].upper() + filled[1:]
    if chance < 0.72:
        return rng.choice(WHOLE)
    if chance < 0.82:  # a known verb over unknown words, so that the verb alone proves nothing
        verb = rng.choice(VERBS).split("{")[0]
        return verb + " ".join(_babble(rng) for _ in range(rng.randint(1, 4))) + rng.choice((".", "?", ""))
    return " ".join(_babble(rng) for _ in range(rng.randint(1, 8))).capitalize() + rng.choice((".", "?", "", "!"))


def _babble(rng: Random) -> str:
    return "".join(rng.choice(LETTERS) for _ in range(rng.randint(2, 9)))
