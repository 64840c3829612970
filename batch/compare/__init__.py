"""Two runs over the same rows, side by side: two prompts, two models, two precisions."""
