"""The closed vocabulary, and the exact strings that more than one file must agree on."""

NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
COUNTS = (*NUMBERS, "ten", "eleven", "twelve")  # answers to "how many words"; ten and above are never spoken
COLOURS = ("red", "green", "blue", "yellow", "orange", "purple", "pink", "black")
SHAPES = ("circle", "square", "triangle", "star", "diamond", "cross", "heart", "ring")
SIZES = ("small", "large")
COMMANDS = ("yes", "no", "up", "down", "left", "right", "stop", "go", "start", "on", "off", "hello")
SPOKEN = (*NUMBERS, *COLOURS, "white", "brown", *SHAPES, *COMMANDS)
WRITTEN = (*SPOKEN, "cat", "dog", "sun", "moon", "tree", "house", "apple", "river", "cloud", "bread", "green", "table",
           "chair", "book", "fish", "bird")  # fmt: skip

FALLBACK = "Sorry, I am a tiny demo model and cannot answer that."
NO_IMAGE = "I see no image."
NO_AUDIO = "I hear no audio."

MAX_WORDS = 12  # in one clip
