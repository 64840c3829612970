"""All that knows Gemma 4 or imports MLX."""
