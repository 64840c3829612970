"""Build the demo's tokenizer: Gemma's pipeline (BPE over whole text, byte fallback) at 1024 pieces.

    python -m demo_model.tokenizer base/tokenizer.json

Pieces are learnt on the prompts and answers of the generator itself. While learning, a word is cut off from
its neighbours, so no piece spans two words and Gemma's own pipeline, which does not cut, yields the same pieces.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from demo_model.mixed_asks import mixed_ask
from demo_model.pair_asks import pair_ask
from demo_model.picture_asks import picture_ask
from demo_model.scenes import make_scene
from demo_model.speech import some_words
from demo_model.speech_asks import speech_ask
from demo_model.system import with_system
from demo_model.text_asks import text_ask
from demo_model.words import COUNTS, SPOKEN

VOCABULARY = 1024
SEED = 7
ROUNDS = 5000
WORD = r'▁?[A-Za-z]+|[\[\]{}":,]+(?:▁["{]+)?|[^A-Za-z]'  # a word with the space before it, JSON's marks, one other mark
CONTROL = ("<pad>", "<eos>", "<bos>", "<unk>", "<mask>")
SPECIAL = (
    "<|turn>", "<turn|>", "<|image>", "<image|>", "<|image|>", "<|audio>", "<audio|>", "<|audio|>", "<|video|>",
    "<|think|>", "<|channel>", "<channel|>", "<|tool>", "<tool|>", "<|tool_call>", "<tool_call|>",
    "<|tool_response>", "<tool_response|>", '<|"|>',
)  # fmt: skip
WHOLE_WORDS = (*SPOKEN, *COUNTS)
BYTES = tuple(f"<0x{value:02X}>" for value in range(256))
CHARACTERS = [*map(chr, range(33, 127)), "▁", "\n", "\t"]


def corpus(rng: Random, rounds: int) -> Iterator[str]:
    for _ in range(rounds):
        scene = make_scene(rng)
        asks = [text_ask(rng), text_ask(rng), picture_ask(rng, scene), picture_ask(rng, scene), pair_ask(rng)[0]]
        asks.append(mixed_ask(rng, scene)[0])
        asks += [speech_ask(rng, some_words(rng, 4)), speech_ask(rng, some_words(rng, 4))]
        for ask in asks:
            asked = with_system(rng, ask, share=0.14)
            yield from (asked.prompt, asked.answer, asked.system or "")
            yield from ("user\n", "model\n", "system\n")
        yield " ".join(rng.sample(WHOLE_WORDS, len(WHOLE_WORDS)))


def build() -> Tokenizer:
    learner = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True))
    learner.normalizer = normalizers.Replace(" ", "▁")
    learner.pre_tokenizer = pre_tokenizers.Split(Regex(WORD), "isolated")
    fixed = (*CONTROL, *SPECIAL, *BYTES)
    room = VOCABULARY - len(fixed) - 1  # one for "\n\n"
    learner.train_from_iterator(
        corpus(Random(SEED), ROUNDS),
        trainers.BpeTrainer(vocab_size=room, initial_alphabet=CHARACTERS, show_progress=False, special_tokens=[]),
    )
    learnt = json.loads(learner.to_str())["model"]
    merges = [
        ("\n", "\n"),
        *(tuple(pair) if isinstance(pair, list) else tuple(pair.split(" ")) for pair in learnt["merges"]),
    ]
    pieces = [*fixed, *sorted(learnt["vocab"], key=learnt["vocab"].get), "\n\n"]
    pieces += [f"<unused{index}>" for index in range(VOCABULARY - len(pieces))]
    tokenizer = Tokenizer(
        models.BPE(
            vocab={piece: index for index, piece in enumerate(pieces)},
            merges=merges,
            byte_fallback=True,
            unk_token="<unk>",
            fuse_unk=True,
        )
    )
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    tokenizer.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in (*CONTROL, *SPECIAL)])
    return tokenizer


if __name__ == "__main__":
    built = build()
    built.save(sys.argv[1] if len(sys.argv) > 1 else str(Path(__file__).parent / "base" / "tokenizer.json"))
    print(f"{built.get_vocab_size()} pieces")
