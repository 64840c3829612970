import json

import numpy as np
import pytest

from batch.errors import ConfigError
from batch.gemma.guide import Guide, GuideTokenizer, compile_schema
from tests.gemma.tiny import SPECIAL, VOCABULARY, tokenizer

SCHEMA = json.dumps({"enum": ["red", "blue"]})


@pytest.fixture(scope="module")
def guide_tokenizer() -> GuideTokenizer:
    return GuideTokenizer(tokenizer(), frozenset([1, 106]))


@pytest.mark.parametrize(
    "schema", ["{", '{"type": "colour"}', '"red"', '{"pattern": "("}', '{"properties": {"colour": "red"}}']
)
def test_what_is_no_schema_is_refused(schema: str) -> None:
    with pytest.raises(ConfigError, match=r"prompt\.schema is no usable JSON Schema"):
        compile_schema(schema)


def test_only_what_continues_the_schema_is_allowed(guide_tokenizer: GuideTokenizer) -> None:
    guide, tiny = Guide(guide_tokenizer, compile_schema(SCHEMA)), tokenizer()
    for character in '"blue"':
        allowed = guide.allowed(VOCABULARY)
        token = tiny.token_to_id(character)
        assert allowed[token]
        assert not allowed[SPECIAL["<turn|>"]]
        guide.consume(token)
    assert np.flatnonzero(guide.allowed(VOCABULARY)).tolist() == [1, 106]


def test_a_complete_answer_can_only_stop(guide_tokenizer: GuideTokenizer) -> None:
    guide, tiny = Guide(guide_tokenizer, compile_schema(SCHEMA)), tokenizer()
    for piece in ['"', "r", "e", "d", '"', "<turn|>"]:
        guide.consume(tiny.token_to_id(piece))
    assert np.flatnonzero(guide.allowed(VOCABULARY)).tolist() == [1, 106]
    guide.consume(106)  # the batch decodes one token ahead of the row's end


def test_a_token_that_was_not_allowed_is_an_error(guide_tokenizer: GuideTokenizer) -> None:
    guide = Guide(guide_tokenizer, compile_schema(SCHEMA))
    with pytest.raises(ValueError, match="token"):
        guide.consume(tokenizer().token_to_id("x"))


def test_a_padded_embedding_is_never_chosen_beyond_the_vocabulary(guide_tokenizer: GuideTokenizer) -> None:
    allowed = Guide(guide_tokenizer, compile_schema(SCHEMA)).allowed(VOCABULARY + 64)
    assert len(allowed) == VOCABULARY + 64
    assert not allowed[VOCABULARY:].any()
