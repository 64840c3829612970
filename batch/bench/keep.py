"""A report's speeds as the machine's last bench (batch/measured.py), for later estimates."""

from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

from batch import measured
from batch.bench.contenders.ours import Ours
from batch.measured import Measured, Speed


def keep(report: Mapping[str, Any]) -> Path | None:
    """Where it was kept; None for random weights, which no job runs. Raises OSError."""
    fingerprint = report["model"]["fingerprint"]
    if fingerprint is None or not report["workloads"]:
        return None
    workloads = {name: _speed(found) for name, found in report["workloads"].items()}
    model = report["model"]
    return measured.write(
        fingerprint, Measured(report["slots"], model["dtype"], model["soft_tokens"], report["began_at"], workloads)
    )


def _speed(workload: Mapping[str, Any]) -> Speed:
    """Pieces are taken twice (before and after): their median."""
    count, ours = workload["requests"], workload["contenders"][Ours.name]
    prompt = workload["prompt_tokens"] / count
    best = {
        name: [min(found[name].values()) for found in workload["pieces"] if found[name]]
        for name in ("prefill_ms", "vision_ms", "audio_ms")
    }
    return Speed(
        step_ms=median(found["step_ms"] for found in workload["pieces"]),
        prefill_ms_per_token=median(best["prefill_ms"]) / prompt,
        image_ms=median(best["vision_ms"]) if best["vision_ms"] else None,
        clip_ms=median(best["audio_ms"]) if best["audio_ms"] else None,
        share_of_limit=workload["share_of_limit"],
        requests_per_s=ours["requests_per_s"],
        tokens_per_s=ours["tokens_per_s"],
        prompt_tokens=prompt,
        answer_tokens=workload["answer_tokens"] / count,
    )
