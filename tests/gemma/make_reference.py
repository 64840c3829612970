"""Makes tests/gemma/parity/*.npz: `python -m tests.gemma.make_reference`, where torch and transformers are."""

import tempfile
from pathlib import Path

import numpy as np

from tests.gemma.parity_cases import CASES, FIXTURES, cases, kept, prepare
from tests.gemma.reference import Reference
from tests.gemma.tiny import ARCHITECTURES, build


def main() -> None:
    FIXTURES.mkdir(exist_ok=True)
    for architecture in ARCHITECTURES:
        with tempfile.TemporaryDirectory() as folder:
            path = build(Path(folder) / architecture, architecture)
            reference = Reference(path)
            arrays = {}
            for name in cases(architecture):
                prepared = prepare(path, CASES[name])
                logits = reference.logits(prepared, CASES[name])
                arrays[f"{name}/ids"] = prepared.token_ids.astype(np.int16)
                arrays[f"{name}/logits"] = kept(logits)
                arrays[f"{name}/best"] = logits.argmax(axis=-1).astype(np.int16)
                print(f"{architecture:5} {name:40} {logits.shape[0]:4} tokens, |logit| <= {np.abs(logits).max():.1f}")
            np.savez_compressed(FIXTURES / f"{architecture}.npz", **arrays)


if __name__ == "__main__":
    main()
