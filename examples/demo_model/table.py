"""The tables of the model card and the documentation, out of the scores that evaluate.py saved.

python -m demo_model.table out/held-out/scores.json                                   # every row, both kinds of wording
python -m demo_model.table bf16=out/a/scores.json 8-bit=out/b/scores.json ...         # several models side by side
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path

from demo_model.score import Score

NEW = " (new wording)"
QUESTIONS = ("color", "shape", "howmany", "exist", "size", "side", "absent")
SPEECH = ("variant", "accent", "slt", "8-12 words", "pauses")
PAIRS = ("pair_size", "pair_more", "pair_same", "pair_only", "pair_one", "pair_both")
MIXED = ("mixed_named", "mixed_color", "mixed_shape", "mixed_size", "mixed_both", "mixed_image", "mixed_audio")
TEXT = ("arith", "count", "reverse", "fact", "attr", "fallback", "no_medium", "echo", "letters", "words", "system")
EXACT = (  # title, set, kinds
    ("captions", "pictures-70", ("caption",)),
    ("detailed captions", "pictures-70", ("detail",)),
    ("JSON, valid and right", "pictures-70", ("json",)),
    ("colour, shape, count, exists, size, side, what is absent", "pictures-70", QUESTIONS),
    ("two pictures: which is larger, which has more, are they the same", "pairs-70", PAIRS[:3]),
    ("two pictures: what is only in one", "pairs-70", PAIRS[3:4]),
    ("two pictures: describe one or both", "pairs-70", PAIRS[4:]),
    ("picture and recording", "mixed-70", MIXED),
    ("whole transcripts", "speech-70", (*SPEECH, "transcribe")),
    ("clips without words answered with nothing", "speech-70", ("silence",)),
    ("number of words spoken; first, last word", "speech-70", ("nwords", "firstw", "lastw")),
    ("sums, counting, reversing, facts, attributes, fallback", "texts-70", TEXT[:7]),
    ("echo of known words", "texts-70", ("echo",)),
    ("echo of random letters", "texts-70", ("letters",)),
    ("first, last and number of words", "texts-70", ("words",)),
    ("changed form asked for by a system prompt", "texts-70", ("system",)),
    ("all about one picture, at 140 soft tokens", "pictures-140", ("caption", "detail", "json", *QUESTIONS)),
    ("all about one picture, at 280 soft tokens", "pictures-280", ("caption", "detail", "json", *QUESTIONS)),
)
WORDS = (
    ("12 unseen espeak-ng variants", "speech-70", ("variant",)),
    ("an unseen accent (Scottish) as well", "speech-70", ("accent",)),
    ("an unseen flite voice (slt)", "speech-70", ("slt",)),
    ("8-12 words", "speech-70", ("8-12 words",)),
    ("pauses of 1-8 s between phrases", "speech-70", ("pauses",)),
    ("1, 2 or 4 s of silence before", "silences-70", tuple(f"{n} s of silence before" for n in (1, 2, 4))),
    ("5 s of silence after", "silences-70", ("5 s of silence after",)),
)
MODALITIES = (
    ("one picture", "pictures-70", ("caption", "detail", "json", *QUESTIONS)),
    ("two pictures", "pairs-70", PAIRS),
    ("picture and recording", "mixed-70", MIXED),
    ("whole transcripts", "speech-70", (*SPEECH, "transcribe")),
    ("text", "texts-70", TEXT),
)
Scores = dict[str, dict[str, Score]]


def read(path: Path) -> Scores:
    found = json.loads(path.read_text())
    return {run: {kind: Score(**score) for kind, score in kinds.items()} for run, kinds in found.items()}


def total(scores: Scores, run: str, kinds: Iterable[str]) -> Score:
    wanted = [score for kind in kinds if (score := scores.get(run, {}).get(kind)) is not None]
    return Score(
        *(sum(getattr(score, name) for score in wanted) for name in ("count", "right", "word_errors", "words"))
    )


def new(kinds: Iterable[str]) -> list[str]:
    return [kind + NEW for kind in kinds]


def share(score: Score) -> str:
    return f"{100 * score.right / score.count:.1f} % of {score.count}" if score.count else ""


def words(score: Score) -> str:
    return f"{100 * score.word_errors / score.words:.1f} % of {score.words} words" if score.words else ""


def of_one(scores: Scores) -> list[str]:
    lines = ["| held out | wordings trained on | new wordings |", "|---|---|---|"]
    for title, run, kinds in EXACT:
        known, unseen = total(scores, run, kinds), total(scores, run, new(kinds))
        if known.count or unseen.count:
            lines.append(f"| {title} | {share(known)} | {share(unseen)} |")
    lines += ["", "| word error rate | |", "|---|---|"]
    return lines + [
        f"| {title} | {words(found)} |" for title, run, kinds in WORDS if (found := total(scores, run, kinds)).words
    ]


def of_several(models: dict[str, Scores]) -> list[str]:
    lines = [f"| held out, all wordings | {' | '.join(models)} |", "|---" * (len(models) + 1) + "|"]
    for title, run, kinds in MODALITIES:
        cells = [share(total(scores, run, [*kinds, *new(kinds)])) for scores in models.values()]
        lines.append(f"| {title} | {' | '.join(cells)} |")
    cells = [words(total(scores, "speech-70", SPEECH)) for scores in models.values()]
    return [*lines, f"| word error rate, wordings trained on | {' | '.join(cells)} |"]


def main() -> None:
    given = sys.argv[1:]
    if given and all("=" in argument for argument in given):
        lines = of_several(
            {name: read(Path(path)) for name, _, path in (argument.partition("=") for argument in given)}
        )
    elif len(given) == 1:
        lines = of_one(read(Path(given[0])))
    else:
        raise SystemExit(__doc__)
    print("\n".join(lines))


if __name__ == "__main__":
    main()
