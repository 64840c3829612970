"""A validation of the demonstration model that takes seconds: a few questions of each kind."""

from batch.gemma.validation.protocol import WHOLE, Protocol

SMALL = Protocol(
    questions=tuple(
        WHOLE.named(name)
        for name in ("English", "Japanese", "blue circle", "red star", "two words", "three words", "no speech")
    ),
    swaps=(("red star", "blue circle"), ("two words", "three words")),
    batched=("English", "blue circle", "Japanese", "two words"),
    sizes=(4,),
)
