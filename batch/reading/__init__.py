"""Rows of tables, read by a process of their own: what a hostile file does to a parser costs rows, not the model."""
