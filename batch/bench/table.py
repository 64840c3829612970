"""A bench as a person reads it: Markdown, which a terminal shows well enough."""

from collections.abc import Iterator, Mapping
from typing import Any

from batch.bench import jobs_table
from batch.bench.columns import table

GIB = 1024**3


def markdown(report: Mapping[str, Any]) -> str:
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Mapping[str, Any]) -> Iterator[str]:
    machine, model = report["machine"], report["model"]
    yield f"# gemma4-batch bench {report['version']}"
    yield ""
    yield (
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory_bytes'] / GIB:.0f} GiB, load "
        f"{_number(machine['load'], 1)} at the start; {machine['system']}; mlx {machine['mlx']}, mlx-vlm "
        f"{machine['mlx_vlm']}, Python {machine['python']}"
    )
    yield (
        f"model {model['name']}, {model['dtype']}, {model['parameters'] / 1e6:,.0f} M parameters, "
        f"{model['weight_bytes'] / 1e9:.2f} GB; {report['slots']} slots, {report['repeats']} repeats, each contender "
        f"in turn; {report['seconds']:.0f} s in all"
    )
    for name, workload in report["workloads"].items():
        yield from ("", *_workload(name, workload, model))
    yield from jobs_table.lines(report)
    yield from ("", *(f"left out: {line}" for line in report["left_out"]))


def _workload(name: str, workload: Mapping[str, Any], model: Mapping[str, Any]) -> Iterator[str]:
    yield f"## {name}"
    yield ""
    yield f"{workload['requests']} requests, {workload['prompt_tokens']:,} tokens in (images of {model['soft_tokens']})"
    yield ""
    yield from table(
        ("", "tokens/s", "requests/s", "spread", "ours is", "computed", "peak", "equal answers"),
        [
            (
                contender,
                _number(found["tokens_per_s"], 0),
                _number(found["requests_per_s"], 2),
                f"{found['spread']:.0%}",
                _times(found["ours_to_this"]),
                _times(found["ours_to_this_computed"]),
                f"{found['peak_bytes'] / GIB:.2f} GiB",
                "{} of {}".format(*found["equal_answers"]),
            )
            for contender, found in workload["contenders"].items()
        ],
    )
    pieces = workload["pieces"][0]
    yield ""
    yield (
        f"pieces (mlx-vlm's, before the runs): step of {pieces['slots']} slots {pieces['step_ms']:.2f} ms"
        + _best("prefill", pieces["prefill_ms"], "prompt")
        + _best("vision", pieces["vision_ms"], "image")
        + _best("audio", pieces["audio_ms"], "clip")
    )
    yield (
        f"limit from the pieces: {workload['limit_requests_per_s']:.2f} requests/s (before and after differ by "
        f"{workload['limit_spread']:.0%}); this engine reaches {workload['share_of_limit']:.2f} of it, "
        f"{_number(workload['share_of_limit_computed'], 2)} in processor time"
    )
    occupancy = "" if workload["occupancy"] is None else f"; its slots were {workload['occupancy']:.0%} occupied"
    yield (
        f"memory: {workload['expected_bytes'] / GIB:.2f} GiB expected before the runs, of which this engine took "
        f"{workload['peak_to_expected']:.0%}{occupancy} until the last 5 % of the requests"
    )
    yield f"noise: a fixed piece of work took times that differ by {workload['steady_spread']:.0%}"


def _best(noun: str, by_rows: Mapping[Any, float], per: str) -> str:
    if not by_rows:
        return ""
    rows = min(by_rows, key=lambda key: by_rows[key])
    return f", {noun} {by_rows[rows]:.2f} ms a {per} ({rows} at once)"


def _times(value: float | None) -> str:
    return "" if value is None else f"{value:.2f} x"


def _number(value: float | None, digits: int) -> str:
    return "?" if value is None else f"{value:,.{digits}f}"
