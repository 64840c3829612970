"""The measuring: `gemma4-batch bench`. Knows every part of the program; no part of the program knows it."""
