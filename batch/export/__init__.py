"""Finished rows in the forms that other software reads. `exports.py` lists them; each form is a file."""
