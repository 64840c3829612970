"""The demo model from nothing: data, tokenizer, network, training, export and held-out evaluation."""
