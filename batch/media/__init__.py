"""Bytes of photos and recordings -> an RGB image, or mono 16 kHz audio and its segments."""
