"""The precision policy for Gemma 4 in one place, and what a checkpoint can do, judged from its headers alone.

The per-layer-embedding (PLE) path of E2B and E4B keeps its precision when only `PLE_SAFE` modules are
quantised. What is quantised is read off the tensor names (a module with `.scales`), because
`config.json` alone cannot tell. No weights are read, no MLX is loaded.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from batch.errors import ModelError
from batch.gemma.headers import read_headers, read_index, read_json, tensor_names, weight_files

MODEL_TYPE = "gemma4"
FILES = ("config.json", "tokenizer.json", "processor_config.json")

LAYER = r"language_model\.model\.layers\.\d+\."
PLE_SAFE = re.compile(
    LAYER + r"(?:self_attn\.[qkvo]_proj|mlp\.(?:gate|up|down)_proj|experts\.switch_glu\.(?:gate|up|down)_proj)"
)
ROUTER = re.compile(LAYER + r"router\.proj")
# MLX's own form first, then those of compressed-tensors, FP8 and GPTQ.
QUANTISED = re.compile(r"(?P<module>.+)\.(?:scales|weight_packed|weight_scale|weight_scale_inv|qweight)")
PLE_TABLE = "embed_tokens_per_layer"
GUARDED_BITS = 8
QAT = re.compile(r"(?<![a-z0-9])qat(?![a-z0-9])", re.IGNORECASE)

Grade = Literal["safe", "guarded", "unsafe", "none"]
Modality = Literal["image", "audio"]
# medium: (its section in config.json, its tower's layers, its projection into the text model)
TOWERS: dict[Modality, tuple[str, str, str]] = {
    "image": ("vision_config", "vision_tower.encoder.layers", "embed_vision."),
    "audio": ("audio_config", "audio_tower.layers", "embed_audio."),
}


@dataclass(frozen=True, slots=True)
class PLEGrade:
    """How the PLE path was treated.

    safe      nothing outside `PLE_SAFE` is quantised
    guarded   it is, but at 8 bit or more, or the checkpoint was trained for it (QAT)
    unsafe    it is, below 8 bit
    none      this architecture has no PLE

    `router`: a mixture of experts' router, which is a remark of its own and no part of PLE.
    """

    grade: Grade
    reason: str
    router: Literal["kept", "quantised", "none"] = "none"


def ple_grade(model_path: Path) -> PLEGrade:
    """The grade, from config.json and the tensor names of the index or the headers.

    Raises ModelError where these cannot be read.
    """
    config = read_json(model_path / "config.json")
    names = {canonical(name) for name in tensor_names(model_path)}
    quantised = {match["module"] for match in map(QUANTISED.fullmatch, names) if match}
    outside = {module for module in quantised if not PLE_SAFE.fullmatch(module) and not ROUTER.fullmatch(module)}
    router = _router(names, quantised)
    counted = f"quantised modules: {len(quantised)}" if quantised else "nothing is quantised"
    where = f"{counted}; outside attention, MLP and experts: {len(outside)} ({_listed(config, outside)})"
    remark = "; router.proj is quantised too" if router == "quantised" else ""
    if not any(PLE_TABLE in name for name in names):
        detail = where if outside else counted
        return PLEGrade("none", f"no per-layer embeddings in this architecture; {detail}{remark}", router)
    if not outside:
        kept = ", all in attention, MLP and experts" if quantised else ""
        return PLEGrade("safe", f"{counted}{kept}{remark}", router)
    if _trained_for_it(model_path, config):
        return PLEGrade("guarded", f"{where}; trained with quantisation in mind (QAT){remark}", router)
    if all((_bits(config, module) or 0) >= GUARDED_BITS for module in outside):
        return PLEGrade("guarded", f"{where}{remark}", router)
    return PLEGrade("unsafe", f"{where}{remark}", router)


def modalities(model_path: Path) -> frozenset[Modality]:
    """The media a checkpoint takes: config.json describes the tower, and all its layers and its projection are there.

    Checkpoints with stripped towers load with a warning at most, and answer as if nothing had been sent.
    """
    config = read_json(model_path / "config.json")
    names = {canonical(name) for name in tensor_names(model_path)}
    return frozenset(medium for medium in TOWERS if not _tower_lacks(medium, config, names))


def problems(model_path: Path) -> list[str]:
    """What keeps this folder from being a whole Gemma 4 checkpoint, in sentences; empty where nothing does."""
    found: list[str] = []
    for check in (_incomplete, _wrong_type, _index_without_tensors):
        try:
            found += check(model_path)
        except ModelError as exc:
            found.append(str(exc))
    return list(dict.fromkeys(found))


def _incomplete(model_path: Path) -> list[str]:
    return [f"{name} is missing" for name in missing_files(model_path)]


def _wrong_type(model_path: Path) -> list[str]:
    path = model_path / "config.json"
    model_type = read_json(path).get("model_type") if path.is_file() else MODEL_TYPE
    return [] if model_type == MODEL_TYPE else [f"config.json says model_type {model_type!r}; only {MODEL_TYPE!r} runs"]


def _index_without_tensors(model_path: Path) -> list[str]:
    """Also reads every header, so that a file cut short is found."""
    files = [file for file in weight_files(model_path) if file.is_file()]
    headers = {name for file in files for name in read_headers(file)}
    here = {file.name for file in files}
    index = read_index(model_path) or {}
    absent = sorted(name for name, shard in index.items() if shard in here and name not in headers)
    return [f"tensors of the index that are in no file: {len(absent)}, such as {absent[0]}"] if absent else []


def missing_files(model_path: Path) -> list[str]:
    """Files that every checkpoint needs and this folder lacks."""
    names = [name for name in FILES if not (model_path / name).is_file()]
    if not _has_chat_template(model_path):
        names.append("chat_template.jinja")
    files = weight_files(model_path)
    return [*names, *([file.name for file in files if not file.is_file()] if files else ["model.safetensors"])]


def preflight(model_path: Path, needs: Collection[str], allow_unsafe: bool) -> PLEGrade:
    """Refuse a checkpoint that would waste a night. `needs`: "image", "audio", both or none.

    Raises ModelError with the reason and what to do; returns the grade for the manifest.
    """
    found = problems(model_path)
    if found:
        raise ModelError(f"{model_path}: cannot be used as a model: {'; '.join(found)}")
    config = read_json(model_path / "config.json")
    names = {canonical(name) for name in tensor_names(model_path)}
    for medium in TOWERS:
        lack = _tower_lacks(medium, config, names) if medium in needs else None
        if lack:
            raise ModelError(
                f"{model_path}: this job needs {medium} input, and the checkpoint cannot take it: {lack}; "
                f"use a model that {'hears (E2B or E4B)' if medium == 'audio' else 'sees'}, such as model: e4b-4bit"
            )
    grade = ple_grade(model_path)
    if grade.grade == "unsafe" and not allow_unsafe:
        raise ModelError(
            f"{model_path}: its per-layer embeddings were quantised below 8 bit: {grade.reason}; use a PLE-safe "
            "checkpoint, such as model: e4b-4bit, or make one of the unquantised original "
            "(gemma4-batch convert SRC DST --bits 4); model.allow_unsafe_ple: true runs it all the same"
        )
    return grade


def canonical(name: str) -> str:
    """A tensor's name in MLX form; Hugging Face checkpoints write `model.language_model.layers...`."""
    name = name.removeprefix("model.")
    if name.startswith("language_model.") and not name.startswith("language_model.model."):
        return f"language_model.model.{name.removeprefix('language_model.')}"
    return name


def _tower_lacks(medium: Modality, config: dict[str, Any], names: Iterable[str]) -> str | None:
    """Why the checkpoint cannot take this medium, or None where it can."""
    section, layers, projection = TOWERS[medium]
    described = config.get(section)
    if not isinstance(described, dict) or not described:
        return f"config.json has no {section}"
    names = list(names)
    present = {name.removeprefix(f"{layers}.").split(".")[0] for name in names if name.startswith(f"{layers}.")}
    wanted = described.get("num_hidden_layers") or len(present)
    if not present or len(present) < wanted:
        return f"{len(present)} of {wanted or 'its'} layers of {layers} are there; the tower was stripped"
    if not any(name.startswith(projection) for name in names):
        return f"{projection[:-1]} is not there; the tower was stripped"
    return None


def _router(names: Iterable[str], quantised: Collection[str]) -> Literal["kept", "quantised", "none"]:
    routers = {match[0] for match in map(ROUTER.match, names) if match}
    return "none" if not routers else "quantised" if routers & set(quantised) else "kept"


def _bits(config: dict[str, Any], module: str) -> int | None:
    """The width a module is stored in, as mlx-vlm reads it from config.json; None where it does not say."""
    settings = config.get("quantization") or config.get("quantization_config")
    if not isinstance(settings, dict):
        return None
    own = settings.get(module) or settings.get(module.removeprefix("language_model."))
    bits = own.get("bits") if isinstance(own, dict) else settings.get("bits")
    return bits if isinstance(bits, int) else None


def _trained_for_it(model_path: Path, config: dict[str, Any]) -> bool:
    """Whether the checkpoint calls itself QAT: in its config, its folder's name, or its repository's in the cache."""
    names = [model_path.name, str(config.get("_name_or_path", ""))]
    names += [part for part in model_path.parts if part.startswith("models--")]
    return any(QAT.search(name) for name in names)


def _listed(config: dict[str, Any], modules: Iterable[str]) -> str:
    """Modules with their widths, layer numbers folded."""
    folded = {
        (re.sub(r"\.\d+\.", ".*.", module.removeprefix("language_model.model.")), _bits(config, module))
        for module in modules
    }
    return ", ".join(f"{name} at {bits or 'unknown'} bit" for name, bits in sorted(folded, key=str))


def _has_chat_template(model_path: Path) -> bool:
    if (model_path / "chat_template.jinja").is_file():
        return True
    return any(
        (model_path / name).is_file() and "chat_template" in read_json(model_path / name)
        for name in ("chat_template.json", "tokenizer_config.json")
    )
