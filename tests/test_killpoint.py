"""Every named instant is in the code, once or more; without the variable nothing happens there."""

import dis
import re
import subprocess
import sys
from pathlib import Path

import pytest

from batch import killpoint
from batch.errors import ConfigError

PACKAGE = Path(killpoint.__file__).parent


def test_every_named_point_is_in_the_code_and_every_point_in_the_code_is_named() -> None:
    code = "".join(path.read_text() for path in PACKAGE.rglob("*.py"))
    assert set(re.findall(r'killpoint\.reached\("([\w.]+)"\)', code)) == set(killpoint.POINTS)


def test_without_the_variable_reached_is_a_function_that_does_nothing() -> None:
    assert killpoint.reached is killpoint._nothing
    assert [step.opname for step in dis.get_instructions(killpoint._nothing)] == [
        "RESUME",
        "LOAD_CONST",
        "RETURN_VALUE",
    ]


@pytest.mark.parametrize("text", ["part.staged", "part.staged:1", "nowhere:1:/tmp/x", "part.staged:x:/tmp/x", ":::"])
def test_a_point_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="must be NAME:COUNT:FILE"):
        killpoint.armed(text)


def test_the_asked_passage_dies_once_per_file(tmp_path: Path) -> None:
    token = tmp_path / "once"
    program = (
        "from batch import killpoint\n"
        "for number in range(5):\n"
        "    killpoint.reached('part.staged'); killpoint.reached('part.published'); print(number, flush=True)\n"
    )
    environment = {killpoint.VARIABLE: f"part.published:3:{token}", "PYTHONPATH": str(PACKAGE.parent)}

    def run() -> tuple[int, str]:
        done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
        return done.returncode, done.stdout

    token.touch()
    assert run() == (-9, "0\n1\n")
    assert not token.exists()
    assert run() == (0, "0\n1\n2\n3\n4\n")
