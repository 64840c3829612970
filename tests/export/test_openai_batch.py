"""The batch file is what OpenAI's own client takes for an answered chat completion."""

import json
from pathlib import Path

from openai.types.chat import ChatCompletion

from batch.export.exports import export
from batch.export.wanted import Wanted
from tests.finished_jobs import Failed, media_job


def test_every_line_validates_and_failed_rows_are_errors(tmp_path: Path) -> None:
    folder = media_job(tmp_path / "out", tmp_path, {"a.jpg": 'A "dog".', "b.jpg": Failed("too_large")})
    export(folder, "openai-batch", Wanted(every=True))
    one, other = map(json.loads, (folder / "export/openai-batch.jsonl").read_text().splitlines())
    assert set(one) == set(other) == {"id", "custom_id", "response", "error"}
    body = ChatCompletion.model_validate(one["response"]["body"], strict=True)
    assert (one["custom_id"], body.choices[0].message.content, body.model) == ("a.jpg#0", 'A "dog".', "demo")
    assert body.usage is not None
    assert (body.usage.prompt_tokens, body.usage.completion_tokens, body.usage.total_tokens) == (10, 3, 13)
    assert (other["response"], other["error"]) == (None, {"code": "too_large", "message": "b.jpg#0 is too_large"})
