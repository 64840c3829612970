"""Answers that must be JSON of a schema: which tokens may come next (llguidance)."""

import llguidance
import llguidance.numpy
import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from batch.errors import ConfigError


def compile_schema(schema: str) -> str:
    """A JSON Schema as a grammar, or a ConfigError that says what is wrong with it. Needs no checkpoint."""
    try:
        grammar = str(llguidance.JsonCompiler(separators=(", ", ": "), whitespace_pattern="").compile(schema))
        error = llguidance.LLMatcher.validate_grammar(grammar)
    except ValueError as exc:
        error = str(exc)
    except BaseException as exc:
        if type(exc).__name__ != "PanicException":  # what Rust raises on a schema that is no object
            raise
        error = "every schema in it must be an object, true or false"
    if error:
        raise ConfigError(f"prompt.schema is no usable JSON Schema: {error}")
    return grammar


class GuideTokenizer:
    """The checkpoint's vocabulary as llguidance needs it (a second to build at 262,144 tokens; built once)."""

    def __init__(self, tokenizer: Tokenizer, stop_ids: frozenset[int]) -> None:
        self.stop_ids = sorted(stop_ids)
        self.wrapped = llguidance.LLTokenizer(tokenizer.to_str(), eos_token=self.stop_ids)


class Guide:
    """Where one row stands in its grammar."""

    def __init__(self, tokenizer: GuideTokenizer, grammar: str) -> None:
        self._stop_ids = tokenizer.stop_ids
        self._matcher = llguidance.LLMatcher(tokenizer.wrapped, grammar)
        self._words = llguidance.numpy.allocate_token_bitmask(1, tokenizer.wrapped.vocab_size)

    def consume(self, token: int) -> None:
        """Advance by a token that `allowed` allowed. Raises ValueError otherwise."""
        if self._matcher.is_stopped():
            return
        self._matcher.consume_token(token)
        if error := self._matcher.get_error():
            raise ValueError(error)

    def allowed(self, vocabulary: int) -> NDArray[np.bool_]:
        """bool [vocabulary]: tokens that may come next; once the answer is complete, stop tokens only."""
        if self._matcher.is_stopped():
            stops = np.zeros(vocabulary, np.bool_)
            stops[self._stop_ids] = True
            return stops
        llguidance.numpy.fill_next_token_bitmask(self._matcher, self._words, 0)
        if error := self._matcher.get_error():
            raise ValueError(error)
        bits = np.unpackbits(self._words[0].view(np.uint8), bitorder="little")[:vocabulary].astype(np.bool_)
        return np.pad(bits, (0, vocabulary - len(bits)))  # a padded embedding has more rows than the tokenizer tokens
