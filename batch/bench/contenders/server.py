"""mlx-vlm's own server, in a process of its own, with as many clients at once as there are slots."""

import base64
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

START_TIMEOUT_S = 300.0
REQUEST_TIMEOUT_S = 600.0
Ask = tuple[str, bytes | None, bytes | None]  # a prompt, its picture, its sound


class Server:
    """Started and ready; `close` ends it. Raises RuntimeError with what it said where it does not start."""

    def __init__(self, model_path: Path) -> None:
        self._model = str(model_path)
        self._port = _free_port()
        self._log: IO[bytes] = TemporaryFile()  # noqa: SIM115  # closed by `close`
        command = ["-m", "mlx_vlm.server", "--model", self._model, "--host", "127.0.0.1", "--port", str(self._port)]
        self._process = subprocess.Popen(
            [sys.executable, *command],
            stdout=self._log,
            stderr=self._log,
            env={**os.environ, "HF_HUB_OFFLINE": "1"},
        )
        self._wait()

    def ask(self, prompt: str, picture: bytes | None, sound: bytes | None, max_tokens: int) -> int:
        """One greedy request to its end, a JPEG before the prompt, a WAV behind it; how many tokens were written."""
        content: list[dict[str, Any]] = [{"type": "text", "text": prompt}]
        if picture is not None:
            url = f"data:image/jpeg;base64,{base64.b64encode(picture).decode()}"
            content.insert(0, {"type": "image_url", "image_url": {"url": url}})
        if sound is not None:
            wav = {"data": base64.b64encode(sound).decode(), "format": "wav"}
            content.append({"type": "input_audio", "input_audio": wav})
        body = {
            "model": self._model,
            "messages": [{"role": "user", "content": content}],
            "max_tokens": max_tokens,
            "temperature": 0,
        }
        connection = HTTPConnection("127.0.0.1", self._port, timeout=REQUEST_TIMEOUT_S)
        try:
            headers = {"Content-Type": "application/json"}
            connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != 200:
                raise RuntimeError(f"mlx-vlm's server answered {answer.status}: {text[:300]!r}")
            return int(json.loads(text)["usage"]["completion_tokens"])
        finally:
            connection.close()

    def ask_all(self, asked: Sequence[Ask], clients: int, max_tokens: int) -> tuple[float, int]:
        """Seconds and tokens for all of them, `clients` at once."""
        began = time.perf_counter()
        with ThreadPoolExecutor(clients) as pool:
            answers = [pool.submit(self.ask, *one, max_tokens) for one in asked]
            tokens = sum(answer.result() for answer in answers)
        return time.perf_counter() - began, tokens

    def close(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def _wait(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                self.ask("Hello", None, None, 1)
                return
            except (OSError, RuntimeError):
                time.sleep(0.5)
        self._log.seek(0)
        tail = self._log.read()[-2000:].decode(errors="replace")
        self.close()
        raise RuntimeError(f"mlx-vlm's server did not start: {tail}")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
