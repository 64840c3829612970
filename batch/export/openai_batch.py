"""The output file of OpenAI's batch API: one answered chat completion a line, `custom_id` being the row_id.

For scripts that read that form already. Failed rows, with --all, are lines with an `error`.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from batch.export.finished import Finished
from batch.export.place import file_place, shown_place, text_file
from batch.export.plain_values import json_line
from batch.export.wanted import Wanted, Written
from batch.output import parts

FINISH = {"stop": "stop", "length": "length", "repetition": "stop"}


def write(finished: Finished, wanted: Wanted) -> Written:
    path = file_place(finished, wanted, "openai-batch.jsonl")
    columns = ["row_id", finished.task.column, "status", "finish_reason", "error_kind", "error_message",
               "prompt_tokens", "completion_tokens"]  # fmt: skip
    made_at = int((finished.folder / parts.part_name(0)).stat().st_mtime)
    rows = 0
    with text_file(path) as file:
        for row in finished.rows(columns, every=wanted.every):
            file.write(json_line(_line(row, finished, made_at)) + "\n")
            rows += 1
    return Written(shown_place(path), rows, 1)


def _line(row: Mapping[str, Any], finished: Finished, made_at: int) -> dict[str, Any]:
    name = sha256(row["row_id"].encode()).hexdigest()[:24]
    answer = row[finished.task.column]
    line: dict[str, Any] = {"id": f"batch_req_{name}", "custom_id": row["row_id"], "response": None, "error": None}
    if answer is None:
        message = row["error_message"] or row["status"]
        return line | {"error": {"code": row["error_kind"] or row["status"], "message": message}}
    read, written = row["prompt_tokens"] or 0, row["completion_tokens"] or 0
    body = {
        "id": f"chatcmpl-{name}",
        "object": "chat.completion",
        "created": made_at,
        "model": finished.config.model.path,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": answer, "refusal": None},
                "logprobs": None,
                "finish_reason": FINISH.get(row["finish_reason"], "stop"),
            }
        ],
        "usage": {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written},
    }
    return line | {"response": {"status_code": 200, "request_id": f"req_{name}", "body": body}}
