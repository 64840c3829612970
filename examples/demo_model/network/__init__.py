"""Gemma 4 in plain PyTorch, small enough to read in one sitting; equal to transformers (check.py)."""
