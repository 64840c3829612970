"""What training looks like: some of its pictures, recordings and texts as files, with what is asked and answered.

    python -m demo_model.look out/look --count 20 --seed 1

The same seed draws the same pictures and asks the same; programs that speak may differ between their versions.
Needs no PyTorch. What training does to recordings on the device (augment.py) is not heard here.
"""

import argparse
import wave
from pathlib import Path
from random import Random

from demo_model.ask import Ask
from demo_model.mixed_asks import mixed_ask
from demo_model.pair_asks import pair_ask
from demo_model.picture_asks import picture_ask
from demo_model.scenes import draw, hard_scene
from demo_model.speech import RATE, Clip, some_words, speak, training_voice
from demo_model.speech_asks import speech_ask
from demo_model.system import with_system
from demo_model.text_asks import text_ask


def save(clip: Clip, path: Path) -> str:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(clip.samples.tobytes())
    return path.name


def line(ask: Ask, *media: str) -> str:
    system = f" (system: {ask.system})" if ask.system else ""
    return f"- {', '.join(media) or 'text'} [{ask.kind}] {ask.prompt!r}{system} -> {ask.answer!r}"


def examples(out: Path, count: int, rng: Random) -> list[str]:
    """`count` of each kind: one picture, two pictures, a picture with a recording, a recording, text."""
    lines = []
    for number in range(count):
        scene = hard_scene(rng)
        draw(rng, scene).save(out / f"{number:03}.png")
        lines += [line(with_system(rng, picture_ask(rng, scene), share=0.2), f"{number:03}.png") for _ in range(3)]
        ask, *scenes = pair_ask(rng, scene=hard_scene)
        names = [f"{number:03}-{place}.png" for place in ("first", "second")]
        for name, each in zip(names, scenes, strict=True):
            draw(rng, each).save(out / name)
        lines.append(line(ask, *names))
        ask, words = mixed_ask(rng, scene)
        lines.append(
            line(ask, f"{number:03}.png", save(speak(rng, training_voice(rng), words), out / f"{number:03}-mixed.wav"))
        )
        clip = speak(rng, training_voice(rng), some_words(rng, rng.randint(1, 8)))
        lines.append(line(speech_ask(rng, clip.words), save(clip, out / f"{number:03}.wav")))
        lines += [line(with_system(rng, text_ask(rng), share=0.3)) for _ in range(3)]
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=20, help="of each kind")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    lines = examples(args.out, args.count, Random(args.seed))
    (args.out / "asks.md").write_text("\n".join(lines) + "\n")
    print(f"{len(lines)} exercises in {args.out / 'asks.md'}")


if __name__ == "__main__":
    main()
