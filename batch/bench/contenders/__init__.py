"""Who runs the same requests: this engine, and what people use otherwise."""
