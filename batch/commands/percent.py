"""One line for a long copy of known size."""

import sys

import typer


class Percent:
    """One line on a terminal, rewritten at every whole percent; nothing anywhere else."""

    def __init__(self, word: str) -> None:
        self._word = word
        self._shown = -1

    def __call__(self, done: int, total: int) -> None:
        percent = 100 * done // total if total else 100
        if percent == self._shown or not sys.stderr.isatty():
            return
        self._shown = percent
        end = "\n" if done >= total else ""
        typer.echo(f"\r{percent}% of {total / 1e9:.2f} GB {self._word}{end}", nl=False, err=True)
