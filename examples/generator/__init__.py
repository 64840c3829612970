"""The demonstration model's small world: coloured shapes, forty spoken words, short questions."""
