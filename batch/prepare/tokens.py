"""How long a segment's answer may be: a clip of two seconds that fills 256 tokens is a loop, not speech."""

import math

from batch.config.job import JobConfig

TOKENS_PER_S = 16  # fast English is 7 tokens a second; languages that the tokenizer knows little of take twice that
MARGIN_TOKENS = 32
MIN_TOKENS = 64


def segment_tokens(config: JobConfig, seconds: float) -> int:
    """`sampling.max_tokens`, or less where `seconds` of speech cannot need that much. A prompt of one's own may ask
    for anything, so it keeps the whole; a translation is the same again."""
    if config.prompt.text is not None:
        return config.sampling.max_tokens
    times = 2 if config.media.translate_to is not None else 1
    needed = max(MIN_TOKENS, times * (math.ceil(TOKENS_PER_S * seconds) + MARGIN_TOKENS))
    return min(config.sampling.max_tokens, needed)
