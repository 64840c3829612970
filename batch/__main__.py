"""`python -m batch` is the installed command `gemma4-batch`."""

from batch.cli import main

if __name__ == "__main__":
    main()
