"""What Macs should make of the captions workload, by calculation: `python -m batch.bench.macs` prints the table.

Nothing here was measured on a Mac. A decode step reads every weight it uses once and computes every row once; which of
the two takes longer is its time. Pictures and prompts are computation alone. Bandwidth and arithmetic are Apple's
published figures; BANDWIDTH_SHARE and ARITHMETIC_SHARE of them are what well-tuned programs reach.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod

from batch.gemma.published import PRECISIONS, SIZES, bytes_of, config_of, tensors_of
from batch.gemma.skeleton import skeleton

BANDWIDTH_SHARE = 0.8
ARITHMETIC_SHARE = 0.6
USABLE = 0.75  # of the memory (batch/machine/memory.py)
PATCHES, PROMPT, ANSWER = (
    2448,
    292,
    76,
)  # of a picture of 272 soft tokens, of its prompt, and mean tokens of its caption
SLOTS = 64


@dataclass(frozen=True)
class Mac:
    """GB/s, 16-bit TFLOPS of the GPU, GB."""

    name: str
    bandwidth: float
    arithmetic: float
    memory: int


MACS = (
    Mac("M4, 10 cores, 16 GB", 120, 4.4, 16),
    Mac("M4 Pro, 20 cores, 48 GB", 273, 8.7, 48),
    Mac("M4 Max, 40 cores, 64 GB", 546, 17.4, 64),
    Mac("M3 Ultra, 80 cores, 256 GB", 819, 28.2, 256),
)


@dataclass(frozen=True)
class Work:
    """Of one size and precision: bytes a decode step reads, and operations per generated token, prompt, picture."""

    step_bytes: int
    token_flop: float
    prompt_flop: float
    picture_flop: float


def work_of(size: str, precision: str) -> Work:
    """An expert's weights are read where any of the rows chose it, at 64 rows nearly all; computed are the chosen."""
    text = config_of(size)["text_config"]
    vision = config_of(size)["vision_config"]
    experts = text.get("num_experts", 0)
    chosen = text.get("top_k_experts", 0) / experts if experts else 0.0
    shared_from = text["num_hidden_layers"] - text["num_kv_shared_layers"]
    token = prompt = picture = 0.0
    for name, shape in skeleton(config_of(size)).items():
        numbers = prod(shape) if len(shape) > 1 else 0
        if "vision_tower.encoder" in name:
            picture += 2 * PATCHES * numbers
        elif ".layers." in name and "language_model" in name:
            used = numbers * (chosen if ".experts." in name else 1.0)
            token += 2 * used
            prompt += 2 * used * (PROMPT if int(name.split(".layers.")[1].split(".")[0]) < shared_from else 1)
        elif name.endswith("model.embed_tokens.weight"):
            token += 2 * numbers
            prompt += 2 * numbers
    picture += 4 * PATCHES**2 * vision["hidden_size"] * vision["num_hidden_layers"]
    return Work(_step_bytes(tensors_of(size, precision)), token, prompt, picture)


def _step_bytes(tensors: dict[str, tuple[str, tuple[int, ...]]]) -> int:
    """The text model's weights but for the table that is only looked up in."""
    read = (
        ({"BF16": 2, "U32": 4}[kind] * prod(shape))
        for name, (kind, shape) in tensors.items()
        if "language_model" in name and "embed_tokens_per_layer" not in name
    )
    return sum(read)


def rows_per_hour(work: Work, mac: Mac, slots: int = SLOTS) -> float:
    """Captions, with all slots full."""
    flops = mac.arithmetic * 1e12 * ARITHMETIC_SHARE
    step_s = max(work.step_bytes / (mac.bandwidth * 1e9 * BANDWIDTH_SHARE), slots * work.token_flop / flops)
    return 3600 / (ANSWER * step_s / slots + (work.prompt_flop + work.picture_flop) / flops)


def table(macs: Iterable[Mac] = MACS) -> str:
    """Markdown: rows an hour for each published checkpoint, and the bytes of a decode step."""
    macs = list(macs)
    lines = [
        f"| calculated, rows/hour | GB a step reads | {' | '.join(mac.name for mac in macs)} |",
        f"|---|---|{'---|' * len(macs)}",
    ]
    for size in SIZES:
        for precision in PRECISIONS:
            work = work_of(size, precision)
            fits = [bytes_of(size, precision) < USABLE * mac.memory * 1e9 for mac in macs]
            cells = [
                f"{rows_per_hour(work, mac):,.0f}" if fit else "does not fit"
                for mac, fit in zip(macs, fits, strict=True)
            ]
            lines.append(f"| {size} {precision} | {work.step_bytes / 1e9:.1f} | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
