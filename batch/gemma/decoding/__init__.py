"""The decode loop: many requests at once over one loaded checkpoint. See `loop.py`."""
