"""Texts and media counts -> token ids: the checkpoint's own chat template, and user text kept as text.

What a row says may contain `<|image|>` or `<|turn>`. Before the template runs, every character that could
begin or end a control token is replaced, in row text only, by a private one; so each control token found in
what the template rendered is the template's own. Those become ids; everything between is put back and
encoded with control tokens read as plain text. Text without such tokens comes out exactly as transformers'
`apply_chat_template` has it (tested).
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, NoReturn

import numpy as np
from jinja2 import TemplateError
from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment
from numpy.typing import NDArray
from tokenizers import AddedToken, Tokenizer

from batch.errors import ModelError, RowError
from batch.gemma.headers import read_json

Part = Literal["image", "text", "audio"]
ORDER: tuple[Part, ...] = ("image", "text", "audio")  # Google's advice: images before the text, audio after it
FIRST_PRIVATE = 0xF0000  # a Unicode plane without characters of its own
CACHED_CHARACTERS = 4096
MEDIA_TOKENS = {"image": ("boi_token", "image_token", "eoi_token"), "audio": ("boa_token", "audio_token", "eoa_token")}


class Chat:
    """One checkpoint's tokenizer and template. Raises ModelError where they do not do what we rely on."""

    def __init__(self, tokenizer: Tokenizer, template: str, names: Mapping[str, str]) -> None:
        """`names`: what tokenizer_config.json calls its tokens, `bos_token` -> `<bos>` and so on."""
        self._names = dict(names)
        self._tokenizer = tokenizer
        self._template = _environment().from_string(template)
        self._control = _control_tokens(tokenizer, names.values())
        tokenizer.encode_special_tokens = True  # a control token in plain text is text
        longest_first = sorted(self._control, key=len, reverse=True)
        self._split = re.compile("(" + "|".join(map(re.escape, longest_first)) + ")")
        self._guarded = sorted({token[0] for token in self._control} | {token[-1] for token in self._control})
        self._encode = lru_cache(maxsize=4096)(self._encode_afresh)
        self._check()

    @classmethod
    def load(cls, model_path: Path) -> "Chat":
        """From tokenizer.json, tokenizer_config.json and the template of a checkpoint folder."""
        config = read_json(model_path / "tokenizer_config.json")
        path = model_path / "tokenizer.json"
        try:
            tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # the library raises bare Exception
            raise ModelError(f"{path}: no tokenizer can be read here ({error}). Download the model again.") from error
        names = {key: text for key, value in config.items() if key.endswith("_token") and (text := _token_text(value))}
        names |= config.get("model_specific_special_tokens") or {}
        return cls(tokenizer, _template(model_path, config), names)

    def token_id(self, name: str) -> int:
        """Id of the token that tokenizer_config.json calls `name`. Raises ModelError where it has none."""
        text = self._names.get(name)
        if text is None or text not in self._control:
            raise ModelError(f"the tokenizer has no {name}; this is no complete Gemma 4 checkpoint.")
        return self._control[text]

    def encode(
        self,
        prompt: str,
        system: str | None = None,
        *,
        images: Sequence[int] = (),
        audio: Sequence[int] = (),
        order: Sequence[Part] = ORDER,
    ) -> NDArray[np.int32]:
        """int32 [n]: one user turn and the opening of the model's. `images` and `audio` hold the number of
        soft tokens of each medium; every placeholder stands between its begin and end token."""
        guards = self._guards(prompt + (system or ""))
        content: list[dict[str, str]] = []
        for part in order:
            if part == "text":
                content.append({"type": "text", "text": prompt.translate(guards)})
            else:
                content += [{"type": part}] * len(images if part == "image" else audio)
        messages: list[dict[str, Any]] = [{"role": "user", "content": content}]
        if system is not None:
            messages.insert(0, {"role": "system", "content": system.translate(guards)})
        rendered = self._render(messages)
        return self._ids(rendered, {value: key for key, value in guards.items()}, images, audio)

    def _guards(self, text: str) -> dict[int, int]:
        """Code point -> private code point that `text` does not contain."""
        free = (code for code in range(FIRST_PRIVATE, 0x10FFFE) if chr(code) not in text)
        return {ord(character): next(free) for character in self._guarded}

    def _render(self, messages: list[dict[str, Any]]) -> str:
        try:
            return self._template.render(
                messages=messages,
                tools=None,
                documents=None,
                add_generation_prompt=True,
                enable_thinking=False,
                **self._names,
            )
        except TemplateError as error:
            raise ModelError(f"the checkpoint's chat template refuses an ordinary request: {error}") from error

    def _ids(
        self, rendered: str, restore: dict[int, int], images: Sequence[int], audio: Sequence[int]
    ) -> NDArray[np.int32]:
        soft_tokens = {"image": iter(images), "audio": iter(audio)}
        media = {self._names[names[1]]: part for part, names in MEDIA_TOKENS.items() if names[1] in self._names}
        ids: list[int] = []
        for position, piece in enumerate(self._split.split(rendered)):
            if position % 2 == 0:
                text = piece.translate(restore)
                ids += self._encode(text) if len(text) <= CACHED_CHARACTERS else self._encode_afresh(text)
            elif piece in media:
                begin, soft, end = map(self.token_id, MEDIA_TOKENS[media[piece]])
                ids += [begin, *[soft] * next(soft_tokens[media[piece]]), end]
            else:
                ids.append(self._control[piece])
        return np.array(ids, np.int32)

    def _encode_afresh(self, text: str) -> tuple[int, ...]:
        return tuple(self._tokenizer.encode(text, add_special_tokens=False).ids) if text else ()

    def _check(self) -> None:
        """The promises of this module, tried on this checkpoint before the first row."""
        for text, token in self._control.items():
            if token in self._encode_afresh(f"a{text}b") or token in self._encode_afresh(text):
                raise ModelError(
                    f"the tokenizer cannot write {text!r} as plain text; rows could give the model orders."
                )
        bos = self.token_id("bos_token")
        ids = self.encode("a", "b").tolist()
        if ids[0] != bos or ids.count(bos) != 1:
            raise ModelError(
                f"the chat template writes {ids.count(bos)} {self._names['bos_token']}; a prompt begins with one."
            )

    def check_media(self, part: Literal["image", "audio"]) -> None:
        """Raises ModelError unless the template shows the medium to the model, once each."""
        soft = self.token_id(MEDIA_TOKENS[part][1])
        images, audio = ((3, 5), ()) if part == "image" else ((), (3, 5))
        try:
            ids = self.encode("a", "b", images=images, audio=audio).tolist()
        except StopIteration:
            ids = []
        if ids.count(soft) != 8:
            raise ModelError(f"the checkpoint's chat template does not place each {part} once; use its own template.")


def _control_tokens(tokenizer: Tokenizer, named: Sequence[str] | Any) -> dict[str, int]:
    """Text -> id of every token that must never be made of row text. The ones that tokenizer_config.json
    names count too; where tokenizer.json forgot to mark one special, it is marked here."""
    forgotten = [
        AddedToken(text, special=True, normalized=False)
        for text in dict.fromkeys(named)
        if tokenizer.token_to_id(text) is not None
    ]
    tokenizer.add_special_tokens(forgotten)
    return {token.content: id for id, token in tokenizer.get_added_tokens_decoder().items() if token.special}


def _token_text(value: Any) -> str | None:
    """A token as tokenizer_config.json writes it: a string, or a mapping with `content`."""
    if isinstance(value, dict):
        value = value.get("content")
    return value if isinstance(value, str) else None


def _template(model_path: Path, config: Mapping[str, Any]) -> str:
    path = model_path / "chat_template.jinja"
    if path.is_file():
        return path.read_text(encoding="utf-8")
    template = config.get("chat_template")
    if not isinstance(template, str):
        raise ModelError(
            f"{model_path}: no chat_template.jinja, and none in tokenizer_config.json. "
            "Use an instruction-tuned checkpoint (its name ends in -it)."
        )
    return template


@lru_cache(maxsize=1)
def _environment() -> ImmutableSandboxedEnvironment:
    """As transformers renders chat templates (utils/chat_template_utils.py): same blocks, filters, functions."""
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
    environment.filters["tojson"] = _tojson
    environment.globals["raise_exception"] = _raise_exception
    environment.globals["strftime_now"] = _strftime_now
    return environment


def _tojson(value: Any, ensure_ascii: bool = False, indent: int | None = None, **keys: Any) -> str:
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, **keys)


def _raise_exception(message: str) -> NoReturn:
    raise TemplateError(message)


def _strftime_now(pattern: str) -> str:
    return datetime.now().strftime(pattern)


def check_length(tokens: int, max_tokens: int, positions: int) -> None:
    """Raises RowError prompt_too_long where prompt and answer do not fit the model's context."""
    if tokens + max_tokens > positions:
        raise RowError(
            "prompt_too_long",
            f"the prompt has {tokens} tokens; with sampling.max_tokens {max_tokens} that is more than the {positions} "
            "the model can hold",
        )
