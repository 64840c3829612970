"""Batch inference with Gemma 4 on MLX: a dataset in, a complete Parquet dataset out."""

__version__ = "0.1.0"
