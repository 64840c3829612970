"""The closed vocabulary of the demonstration model. It has seen nothing else."""

NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
COLOURS = ("red", "green", "blue", "yellow", "orange", "purple", "pink", "black")
SHAPES = ("circle", "square", "triangle", "star", "diamond", "cross", "heart", "ring")
SIZES = ("small", "large")
COMMANDS = ("yes", "no", "up", "down", "left", "right", "stop", "go", "start", "on", "off", "hello")
SPOKEN = (*NUMBERS, *COLOURS, "white", "brown", *SHAPES, *COMMANDS)
WRITTEN = (*SPOKEN, "cat", "dog", "sun", "moon", "tree", "house", "apple", "river", "cloud", "bread", "green",
           "table", "chair", "book", "fish", "bird")  # fmt: skip
