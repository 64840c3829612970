"""Data as script files: a page that is opened as a file may load scripts and pictures, and nothing else.

Each file calls `gemma4Report(kind, number, data)`. The data are JSON, which every script engine reads as it is; what
could end a script, or a line of one, is escaped.
"""

import datetime
import decimal
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ESCAPES = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}


def json_script(value: Any) -> str:
    """`value` as JSON that is safe inside a script, whatever texts it holds."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).translate(ESCAPES)


def write(folder: Path, kind: str, number: int, data: str) -> str:
    """Write one data file; its name. `data` is what `json_script` made."""
    name = f"{kind}-{number:05d}.js"
    staged = folder / f".{name}.new"
    staged.write_text(f"gemma4Report({json_script(kind)},{number},{data});\n", encoding="utf-8")
    staged.replace(folder / name)
    return name


def shown(value: Any) -> Any:
    """An output column's value as JSON can say it: NaN, dates, decimals and bytes as text."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, bytes | bytearray):
        return f"{len(value)} bytes"
    if isinstance(value, Mapping):
        return {str(key): shown(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [shown(inner) for inner in value]
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value) if isinstance(value, decimal.Decimal | datetime.timedelta) else repr(value)
