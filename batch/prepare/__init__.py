"""Rows -> requests ready for the engine, in processes that a bad file may ruin."""
