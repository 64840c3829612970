"""What is done and what is wanted: SQLite, one writer, one lock. The only place that knows SQLite."""
