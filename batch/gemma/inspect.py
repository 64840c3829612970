"""What a checkpoint is, from config.json, index and headers alone: sizes, precision per path, towers, PLE grade.

No weights are read and no MLX is loaded. Where weight files are absent, config.json and the index suffice for
the grade, and bytes are reckoned from them; what is missing is listed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from batch.errors import ModelError
from batch.gemma.headers import Tensor, read_headers, read_index, read_index_size, read_json, weight_files
from batch.gemma.names import module_of, targets, unused
from batch.gemma.precision import PathReport, StoredSizes, path_reports, precision_table
from batch.gemma.skeleton import Shape, skeleton
from batch.gemma.weights import MODEL_TYPE, PLEGrade, canonical, missing_files, modalities, ple_grade, problems

SHOWN = 3  # names in a sentence


@dataclass(frozen=True, slots=True)
class Inspection:
    """A checkpoint as `gemma4-batch inspect` shows it. `ple` is None where the names cannot be read."""

    model: str
    revision: str | None
    architecture: str
    parameters: int
    nbytes: int
    problems: tuple[str, ...]
    vision: bool
    audio: bool
    processor: bool
    ple: PLEGrade | None
    paths: tuple[PathReport, ...]
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]

    @property
    def complete(self) -> bool:
        return not self.problems


def inspect(
    folder: Path,
    *,
    model: str | None = None,
    revision: str | None = None,
    config: Mapping[str, Any] | None = None,
) -> Inspection:
    """Inspect a checkpoint's folder. `model` is what to call it, `config` stands in for its config.json.

    Raises ModelError only where config.json cannot be read; everything else is a problem that is named.
    """
    config = read_json(folder / "config.json") if config is None else config
    found = problems(folder)
    architecture, expected = _architecture(config), dict[str, Shape]()
    try:
        expected = skeleton(config) if config.get("model_type") == MODEL_TYPE else {}
    except ModelError as exc:
        found.append(f"{folder / 'config.json'}: {exc}")
    config = config if expected else {}  # nothing is concluded from one that makes no sense
    headers, names = _tensors(folder)
    ple = _or_none(ple_grade, folder) if names else None
    towers = _or_none(modalities, folder) or frozenset()
    sizes = StoredSizes(config, expected, names)
    known = {name: headers.get(name) or sizes.estimate(name) for name in names}
    missing, unexpected = _against(expected, names, config) if expected and names else ((), ())
    found += _remarks(missing, unexpected) + _misshapen(headers, sizes, config)
    found += _wrong_size(folder, headers, known)
    paths = path_reports(known, sizes, config, set(unexpected))
    return Inspection(
        model=model or str(folder),
        revision=revision,
        architecture=architecture,
        parameters=sum(path.parameters for path in paths),
        nbytes=sum(path.nbytes for path in paths),
        problems=tuple(dict.fromkeys(found)),
        vision="image" in towers,
        audio="audio" in towers,
        processor=not [name for name in missing_files(folder) if not name.endswith(".safetensors")],
        ple=ple,
        paths=paths,
        missing=missing,
        unexpected=unexpected,
    )


def _tensors(folder: Path) -> tuple[dict[str, Tensor], frozenset[str]]:
    """What the headers that can be read say, and all names: the index's where there is one."""
    headers: dict[str, Tensor] = {}
    for file in _or_none(weight_files, folder) or ():
        headers |= _or_none(read_headers, file) or {}
    index = _or_none(read_index, folder)
    return headers, frozenset(headers if index is None else index)


def _or_none(read: Any, path: Path) -> Any:
    """What it returns, or None for what `problems` has named already."""
    try:
        return read(path)
    except ModelError:
        return None


def _against(
    expected: Mapping[str, Shape], names: Iterable[str], config: Mapping[str, Any]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Tensors that mlx-vlm's model wants and the checkpoint lacks, and those it has and the model does not know."""
    here = {target for name in names if not unused(name, config) for target in targets(name)}
    quantised = {module for module, part in map(module_of, here) if part == "scales"}
    extra = {
        f"{module}.{part}" for module in quantised if f"{module}.weight" in expected for part in ("scales", "biases")
    }
    wanted = set(expected) | {name for name in extra if name.endswith(".scales")}
    return tuple(sorted(wanted - here)), tuple(sorted(here - set(expected) - extra))


def _remarks(missing: tuple[str, ...], unexpected: tuple[str, ...]) -> list[str]:
    found = []
    if missing:
        found.append(f"tensors that mlx-vlm's model needs and the checkpoint lacks: {_some(missing)}")
    if unexpected:
        found.append(f"tensors that mlx-vlm's model does not know: {_some(unexpected)}")
    return found


def _some(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{', '.join(names[:SHOWN])}{more}"


def _misshapen(headers: Mapping[str, Tensor], sizes: StoredSizes, config: Mapping[str, Any]) -> list[str]:
    """Tensors of another shape than the model's, in MLX's layout or in PyTorch's."""
    wrong = []
    for name, tensor in headers.items():
        own = canonical(name)
        stored = sizes.stored(own)
        if stored is None or targets(name) != (own,) or unused(name, config):
            continue
        if tensor.shape != stored[1] and sorted(tensor.shape) != sorted(stored[1]):
            wrong.append(f"{name} {list(tensor.shape)} instead of {list(stored[1])}")
    return [f"tensors of another shape than config.json says: {_some(tuple(sorted(wrong)))}"] if wrong else []


def _wrong_size(folder: Path, headers: Mapping[str, Tensor], known: Mapping[str, Tensor | None]) -> list[str]:
    said = _or_none(read_index_size, folder)
    if said is None or any(tensor is None for tensor in known.values()):
        return []
    total = sum(tensor.nbytes for tensor in known.values() if tensor)
    if total == said:
        return []
    source = "the headers" if all(name in headers for name in known) else "config.json and the tensor names"
    return [f"the index says total_size {said:,} bytes; {source} come to {total:,}"]


def _architecture(config: Mapping[str, Any]) -> str:
    """In words: what the text model is made of."""
    text = config.get("text_config")
    if not isinstance(text, dict):
        return str(config.get("model_type"))
    kind = "per-layer embeddings" if text.get("hidden_size_per_layer_input") else "dense"
    if text.get("enable_moe_block"):
        kind = f"mixture of {text.get('num_experts')} experts"
    return f"{config.get('model_type')}, {text.get('num_hidden_layers')} layers of {text.get('hidden_size')}, {kind}"


def inspection_object(found: Inspection) -> dict[str, Any]:
    """What `--json` prints."""
    ple = found.ple
    return {
        "schema_version": 1,
        "model": found.model,
        "revision": found.revision,
        "architecture": found.architecture,
        "parameters": found.parameters,
        "bytes": found.nbytes,
        "complete": found.complete,
        "problems": list(found.problems),
        "towers": {"vision": found.vision, "audio": found.audio},
        "processor": found.processor,
        "ple": {"grade": ple.grade if ple else None, "reason": ple.reason if ple else "the tensor names are not known"},
        "router": ple.router if ple else "none",
        "paths": [
            {"path": row.path, "tensors": row.tensors, "quantised": row.quantised, "bits": list(row.bits),
             "parameters": row.parameters, "bytes": row.nbytes}
            for row in found.paths
        ],
        "missing": list(found.missing),
        "unexpected": list(found.unexpected),
    }  # fmt: skip


def inspection_text(found: Inspection) -> str:
    """What a person sees."""
    ple = found.ple
    towers = [name for name, there in (("vision", found.vision), ("audio", found.audio)) if there]
    lines = [
        f"{found.model}{f' at {found.revision}' if found.revision else ''}",
        f"architecture: {found.architecture}",
        f"parameters: {found.parameters / 1e6:,.1f} M in {found.nbytes / 1e9:,.2f} GB",
        f"towers: {', '.join(towers) or 'none'}; tokenizer, processor and template: "
        f"{'all there' if found.processor else 'not all there'}",
        f"PLE: {f'{ple.grade} ({ple.reason})' if ple else 'the tensor names are not known'}",
        *([f"router: {ple.router}"] if ple and ple.router != "none" else []),
        "",
        precision_table(found.paths),
    ]
    if found.problems:
        lines += ["", "problems:", *(f"  {problem}" for problem in found.problems)]
    return "\n".join(lines)
