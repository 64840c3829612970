"""Prompts from outside the demo's small world. The right answer to all of them is one polite sentence."""

from random import Random

from demo_model.ask import Wordings, babble

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
    "Who discovered {topic}?", "How can I get {topic}?", "When will {topic} end?", "Which {topic} is the best?",
    "What does {topic} mean to you?", "Please explain {topic} to a child.", "Why do people like {topic}?",
    "How many kinds of {topic} are there?", "Can I have {topic}?", "Translate {topic} into French.", "Spell {topic}.",
    "Is {topic} better than {other}?", "Write a speech about {topic}.", "Prove that {topic} exists.",
    "Where does {topic} come from?", "Give me tips for {topic}.", "Make a plan for {topic}.",
    "What are the rules of {topic}?", "Tell me the history of {topic}.", "What is new in {topic}?",
    "Let us talk about {topic}.", "Predict the future of {topic}.", "Criticise {topic}.", "I love {topic}.",
    "I hate {topic}. What about you?", "List the parts of {topic}.", "Name a famous person in {topic}.",
    "How fast is {topic}?", "How heavy is {topic}?", "Should I worry about {topic}?",
    "Can you help me understand {topic}?", "What would happen without {topic}?", "Are {topic} and {other} related?",
    "Who is the master of {topic}?", "Sum up {topic} in a few words.", "Invent a game about {topic}.",
    "Fix my {topic}.", "Search the internet for {topic}.", "What is your favorite {topic}?", "Do I need {topic}?",
    "How long does {topic} take?", "Find me {topic} near here.", "Order {topic} for me.",
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
    "What time is it?", "What day is it today?", "What is the weather like?", "How old are you?",
    "Where are you from?", "Who is the president?", "Translate this into French: good morning",
    "Translate this to German: thank you", "What is the square root of 144?", "Solve the equation x + 3 = 9.",
    "What is the airspeed of a swallow?", "Fix this code: def f(x): return", "Are you alive?", "Do you dream?",
    "Sing me a song.", "Who won the match?", "What is my name?", "Call me a taxi.", "Book a flight to London.",
    "Open the door.", "What should I eat?", "How tall is Mount Everest?", "How many people live in Spain?",
    "Which is the longest river?", "Why?", "How?", "What color is my car?", "What color is a whale?",
    "What is the opposite of music?", "Is a whale blue?", "How many legs does a table have?",
    "How many sides does a circle have?", "Guess a number.", "Roll a die.", "Tell me a secret.", "What is love?",
    "Play some jazz.", "Set an alarm for seven.", "Is it raining?",
)  # fmt: skip
ABOUT_IMAGES = Wordings(
    (
        "Who painted this?", "Where was this photo taken?", "What brand is the car?", "Is the person happy?",
        "Read the text in the image.", "What time is it in the picture?", "How old is the man?",
        "What breed is the dog?", "Write a poem about this image.", "What is the mood of the picture?",
        "(What|Which) (breed|brand|make|kind|sort|type|model|species|size|price|name|age|style|team) (is|has|of) the"
        " (dog|car|cat|bird|horse|phone|house|tree|flower|dress|man|woman|boat|watch|bike|shirt|bag|plane|fish)(| in"
        " the image| in this picture| here)?",
        "How (old|tall|heavy|expensive|fast|rich|far away|famous|happy|deep|healthy|clean|safe|new) is (the man|the"
        " woman|the child|the building|the mountain|the car|the lake|this place|the house|the person|the animal|the"
        " food)(| in the image| in this picture| here)?",
        "(Is|Are) (the man|the woman|the child|the dog|the people|the weather|the person|somebody|anyone|the cat|the"
        " baby|the driver) (happy|sad|old|angry|good|asleep|tired|alone|running|crying|laughing|dancing|eating"
        "|dangerous|famous)(| in the image| in this picture| here)?",
        "(Who|Which person|Which artist|Which photographer|Which child) (is|made|took|drew|owns|bought|sold|sent"
        "|signed|designed|is standing in|can be recognised in) (this|the image|this picture|the photo|it|this"
        " drawing)?",
        "(When|Where|In which city|In which country|In what place|On what day|At what time|For what reason|For whom)"
        " (was|is) (this|the image|this picture|the photo|the scene) (taken|made|drawn|from|sold|painted|shot"
        "|located|photographed|published)?",
        "(Read|Copy|Translate|Spell|Tell me|Transcribe) (the text|the words|the sign|the letters|the headline|the"
        " label|the number plate|the menu|the title) (in|on|of) (the image|this picture|the photo|it).",
        "(Write|Compose|Tell me|Make up|Invent|Give me) a (poem|story|song|joke|tale|fairy tale|letter|review|play"
        "|riddle|speech) (about|on|for|inspired by) (this image|the picture|this photo|this scene|it).",
        "(What|Which) (country|city|season|holiday|language|century|sport|planet|street|museum|building|war|film"
        "|religion|company|meal|hotel|beach) is (this|that|it|shown here|to be seen|in the picture)?",
        "What is the (mood|price|weather|temperature|address|story|history|message|meaning|title|phone number|time"
        " of day|distance|value|weight|smell|taste) (of this picture|in the image|of the photo|here|of it)?",
        "(Do you like|Would you buy|Do you believe|Should I post|Can I sell|Is it legal to use|How could I improve"
        "|Can you edit|Can you crop|Can you send|Make a copy of|Rotate|Print|Delete|Improve) (this image|the picture"
        "|this photo|it)(?|.)",
        "(What|Which) (fruit|vehicle|plant|tool|insect|flower|dog|bird|food|monument|car|drink|toy|furniture"
        "|machine) (is this|is that|do you see|is shown|can you see|am I holding)?",
        "What (is he|is she|are they|is the man|is the woman|is the child) (wearing|doing|eating|thinking|holding"
        "|saying|looking at|playing|reading)(| in the image| here)?",
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
        "(Who|Which person|Which actor|Which singer|Which band|Which orchestra|Whose child) (is|speaks|sings|plays"
        "|talks|can be heard|is this|made this)(| in the recording| here| in this audio)?",
        "How (old|tall|happy|tired|loud|fast|rich|nervous|far away|famous|many people) (is|are) (the speaker|the"
        " voice|this person|the singer|the man|the woman|the clip|there)?",
        "(Is|Was) (the speaker|the voice|this person|the singer|he|she|somebody) (happy|sad|old|young|ill|famous"
        "|nervous|tired|drunk|British|a child|a man|a woman|a robot|in a hurry|lying)?",
        "(What|Which) (language|accent|dialect|song|instrument|melody|animal|bird|city|country|machine|radio station"
        "|film|key|tempo|genre|band|composer|band plays) (is|do you hear|is this|is it|can you hear|is spoken|is"
        " played)(| here| in the recording)?",
        "(When|Where|In which city|In which country|In what room|On what day|At what time|With what microphone|By"
        " whom) was (this|the audio|this clip|the recording|it) (recorded|made|sent|cut|broadcast|published)?",
        "(Translate|Summarize|Continue|Improve|Correct|Sing|Answer|Explain|Interpret|Play|Delete|Send|Clean|Remix"
        "|Shorten) (the speech|the recording|this song|the talk|the meeting|the interview|what he feels|the music"
        "|the message)(| into French| into German| for me| in Spanish| into Latin).",
        "What is the (mood|feeling|emotion|background noise|noise|title|rhythm|tempo|temperature|weather|intention"
        "|age|name|profession|address|phone number|time) (of the speaker|in the recording|of this song|in the"
        " background|of the clip|here)?",
        "(Write|Compose|Tell me|Make up|Invent|Give me) a (poem|story|song|joke|tale|review|letter|speech) (about|on"
        "|for|inspired by) (this sound|the recording|this voice|the speaker|it).",
        "(What|Who) (does the speaker|does he|does she|does the person) (look like|want|feel|mean by that|think"
        " about us|eat|wear|work as|love|come from)?",
        "(Do you like|Would you buy|Do you believe|Is it legal to use|Can you improve|Can you play) (this voice|the"
        " song|this recording|the speaker)?",
        "Write a poem about this sound.",
    ),
    ("Which city does the speaker come from?", "What kind of music is this?", "Is the voice angry?"),
)  # fmt: skip


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
        return verb + " ".join(babble(rng) for _ in range(rng.randint(1, 4))) + rng.choice((".", "?", ""))
    return " ".join(babble(rng) for _ in range(rng.randint(1, 8))).capitalize() + rng.choice((".", "?", "", "!"))
