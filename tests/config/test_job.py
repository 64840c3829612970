"""The config: what a file becomes, and what a person reads when it is wrong."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from batch.config.job import JobConfig, answer_identity, dump_yaml, json_schema, load_config
from batch.config.mistakes import key_paths
from batch.config.yaml_text import dump, parse
from batch.errors import ConfigError

ROOT = Path(__file__).parent.parent.parent
CONFIGS = sorted((ROOT / "configs").glob("*.yaml"))
SMALLEST = "task: caption\nsource: {path: photos}\noutput: {path: out/x}\n"


@pytest.fixture
def job(tmp_path: Path) -> Path:
    return _write(tmp_path, SMALLEST)


def _write(folder: Path, text: str) -> Path:
    path = folder / "job.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def _refusal(path: Path, *overrides: str, limit: int | None = None) -> str:
    """The message, without the folder of the config file."""
    with pytest.raises(ConfigError) as caught:
        load_config(path, overrides, limit)
    return str(caught.value).replace(str(path), path.name)


def test_three_keys_make_a_job_and_the_rest_has_defaults(job: Path) -> None:
    assert load_config(job).model_dump(by_alias=True) == {
        "task": "caption",
        "model": {"path": "demo", "revision": None, "dtype": "auto", "allow_unsafe_ple": False},
        "source": {
            "path": "photos", "dataset": None, "config": None, "split": None, "revision": None,
            "image_column": None, "audio_column": None, "id_column": None, "reference_column": None,
            "keep_columns": None, "drop_columns": (), "media_root": None, "allow_hosts": (), "limit": None,
        },
        "prompt": {"text": None, "schema": None},
        "system": None,
        "sampling": {
            "temperature": 0.0, "top_p": 1.0, "top_k": 0, "repetition_penalty": 1.0, "seed": 0, "max_tokens": 256,
        },
        "media": {
            "soft_tokens": 280, "max_pixels": 200_000_000, "max_bytes": 512 * 1024**2, "soft_tokens_column": None,
            "frames": None, "pages": None, "extreme": "letterbox",
            "accept_truncated": False, "segment": "vad", "language": None, "translate_to": None, "channel": "mix",
        },
        "engine": {
            "slots": "auto", "memory": "auto", "reuse": True, "wired": False, "stall_s": 120.0, "recycle_rows": None,
            "recycle_growth": 2.0,
        },
        "prepare": {"processes": "auto", "max_bytes": 1024**3, "timeout_s": 30.0, "max_memory": 1024**3},
        "executor": {
                "kind": "local", "scheduler": None, "path_map": {}, "ship_media": False,
                "tls_ca": None, "tls_cert": None, "tls_key": None,
            },
        "output": {"path": "out/x", "shard_rows": 512, "min_free": 256 * 1024**2, "wait_s": 86400.0},
        "run": {
            "max_errors": None, "max_error_rate": 1.0, "metrics": None, "notify": True, "pause_on_battery": False,
            "battery_min_percent": 10,
        },
    }  # fmt: skip


def test_a_config_cannot_be_changed_after_it_was_read(job: Path) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        load_config(job).sampling.seed = 1


@pytest.mark.parametrize(
    ("plain", "mapping"),
    [
        ("task=answer", "task={kind: answer}"),
        ("model=e4b-4bit", "model={path: e4b-4bit}"),
        ("prompt=What is this?", "prompt={text: 'What is this?'}"),
        ("executor=dask=tcp://mini:8786", "executor={kind: dask, scheduler: 'tcp://mini:8786'}"),
        ("source.keep_columns=id", "source.keep_columns=[id]"),
    ],
)
def test_plain_text_is_the_same_as_its_mapping(job: Path, plain: str, mapping: str) -> None:
    assert load_config(job, [plain]) == load_config(job, [mapping])
    assert load_config(job, [plain]) != load_config(job)


@pytest.mark.parametrize(
    ("written", "size"),
    [("1GiB", 1024**3), ("512MB", 512_000_000), ("1.5 kib", 1536), ("10B", 10), ("2TiB", 2 * 1024**4), (12345, 12345)],
)
def test_sizes_are_text_with_a_unit_or_bytes(job: Path, written: str | int, size: int) -> None:
    config = load_config(job, [f"media.max_bytes={written}", f"engine.memory={written}"])
    assert (config.media.max_bytes, config.engine.memory) == (size, size)


def test_a_key_without_a_value_counts_as_not_written(tmp_path: Path, job: Path) -> None:
    expected = load_config(job)
    empty = SMALLEST + "media: {soft_tokens:, max_pixels:}\nsampling:\nprompt:\nmodel:\nsystem:\nrun: {max_errors:}\n"
    assert load_config(_write(tmp_path, empty)) == expected


def test_only_true_and_false_are_booleans_and_dates_are_text(tmp_path: Path) -> None:
    text = SMALLEST.replace("caption", "transcribe") + (
        "media: {language: no, translate_to: 2026-08-01}\nsystem: 1:30\nsampling: {temperature: 5e-1}\n"
    )
    config = load_config(_write(tmp_path, text))
    assert (config.media.language, config.media.translate_to, config.system) == ("no", "2026-08-01", "1:30")
    assert config.sampling.temperature == 0.5


def test_the_home_folder_expands_and_relative_paths_stay(job: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    paths = ["source.path=~/photos/**/*.jpg", "output.path=../out", "source.media_root=~", "model=~/models/e4b"]
    config = load_config(job, paths)
    assert (config.source.path, config.source.media_root) == ("/home/ada/photos/**/*.jpg", None)
    assert (config.output.path, config.model.path) == ("../out", "/home/ada/models/e4b")
    assert load_config(job, ["source.media_root='~'"]).source.media_root == "/home/ada"


MISTAKES = {
    "sampling.temprature=1": "unknown key 'sampling.temprature'; did you mean 'sampling.temperature'?",
    "max_tokens=9": "unknown key 'max_tokens'; did you mean 'sampling.max_tokens'?",
    "prompt={txt: hi}": "unknown key 'prompt.txt'; did you mean 'prompt.text'?",
    "executor.zebra=1": "unknown key 'executor.zebra'; valid here: executor.kind, executor.scheduler, "
    "executor.path_map, executor.ship_media, executor.tls_ca, executor.tls_cert, executor.tls_key",
    "executor.kind=bask": "executor.kind is 'bask': must be 'local' or 'dask'",
    "task=captions": "task is 'captions': must be 'caption', 'transcribe' or 'answer'",
    "media.soft_tokens=100": "media.soft_tokens is 100: must be 70, 140, 280, 560 or 1120",
    "sampling.temperature=hot": "sampling.temperature is 'hot': must be a number",
    "sampling.temperature=true": "sampling.temperature is True: must be a number",
    "sampling.temperature=.inf": "sampling.temperature is inf: must be a finite number",
    "sampling.top_p=0": "sampling.top_p is 0: must be greater than 0",
    "sampling.max_tokens=0": "sampling.max_tokens is 0: must be greater than or equal to 1",
    "sampling.top_k=1.5": "sampling.top_k is 1.5: must be a whole number",
    "system=5": "system is 5: must be text; put it in quotes",
    "engine.wired=maybe": "engine.wired is 'maybe': must be true or false",
    "engine.slots=0": "engine.slots is 0: must be auto, or a whole number of at least 1",
    "engine.memory=much": "engine.memory is 'much': must be auto, a size such as 1GiB or 512MB, or a positive "
    "number of bytes",
    "media.max_bytes=-1": "media.max_bytes is -1: must be a size such as 1GiB or 512MB, or a positive number of bytes",
    "source.keep_columns=[id, 7]": "source.keep_columns[1] is 7: must be text; put it in quotes",
    "source.keep_columns={a: b}": "source.keep_columns is {'a': 'b'}: must be one name, or a list of names",
    "executor.path_map=[a]": "executor.path_map is ['a']: must be a mapping",
    "run=5": "run is 5: must be a mapping of max_errors, max_error_rate, metrics, notify, pause_on_battery, "
    "battery_min_percent",
    "source=photos": "source is 'photos': must be a mapping of path, dataset, config, split, revision, image_column, "
    "audio_column, id_column, reference_column, keep_columns, drop_columns, media_root, allow_hosts, limit",
    "output.path=": "output.path is missing: The job folder; it names the job, and running it again resumes it.",
    "output.path=''": "output.path is '': must be a path; it is empty or holds a zero byte",
    "source.path=": "source has neither path nor dataset: set exactly one of source.path and source.dataset",
    "source.dataset=a/b": "source.path is 'photos' and source.dataset is 'a/b': keep exactly one of them",
    "source.revision=main": "source.revision is 'main': it needs source.dataset; a path has no revision",
    "executor=dask": "executor.scheduler is missing: executor 'dask' needs one, as in "
    "executor: dask=tcp://host:8786",
    "executor.scheduler=tcp://a:1": "executor.scheduler is 'tcp://a:1', but executor.kind is 'local': set it to dask",
    "media.translate_to=French": "media.translate_to is 'French', but task is 'caption': only transcribe translates",
    "media.channel=both": "media.channel is 'both', but task is 'caption': only transcribe hears two channels apart; "
    "set it to mix, left or right",
    "prompt.schema={const: .nan}": "prompt.schema is {'const': nan}: must be a JSON Schema, of JSON values only",
}  # fmt: skip


@pytest.mark.parametrize("setting", MISTAKES)
def test_a_mistake_names_the_key_the_value_and_what_is_allowed(job: Path, setting: str) -> None:
    assert _refusal(job, setting) == f"job.yaml with --set {setting}: {MISTAKES[setting]}"


def test_every_mistake_of_a_file_is_told_at_once(tmp_path: Path) -> None:
    path = _write(tmp_path, "task: caption\nsuorce: {path: x}\nmedia: {soft_tokens: 1}\noutput: {path: o}\n")
    assert _refusal(path).splitlines() == [
        "job.yaml: source is missing: Where the rows come from.",
        "job.yaml: media.soft_tokens is 1: must be 70, 140, 280, 560 or 1120",
        "job.yaml: unknown key 'suorce'; did you mean 'source'?",
    ]


def test_a_schema_does_not_go_with_a_transcript(job: Path) -> None:
    assert _refusal(job, "task=transcribe", "prompt.schema={type: object}") == (
        "job.yaml with --set task=transcribe --set prompt.schema={type: object}: "
        "prompt.schema is set, but task is 'transcribe': only caption and answer follow a schema"
    )


def test_a_prompt_of_ones_own_does_not_go_with_a_translation(job: Path) -> None:
    assert load_config(job, ["task=transcribe", "media.translate_to=French"]).media.translate_to == "French"
    message = _refusal(job, "task=transcribe", "media.translate_to=French", "prompt=Write it down.")
    assert message.endswith(
        "media.translate_to is 'French', but prompt replaces the wording it would go into: remove one of them"
    )


def test_a_column_is_not_kept_and_dropped(job: Path) -> None:
    message = _refusal(job, "source.keep_columns=[a, b]", "source.drop_columns=b")
    assert message.endswith("source.keep_columns and source.drop_columns both name 'b'")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "job.yaml: is empty; start from one of the files in configs/"),
        ("# only a comment\n", "job.yaml: is empty; start from one of the files in configs/"),
        ("- a\n", "job.yaml: holds ['a'], not a mapping of keys such as 'task: caption'"),
        ("task: a\ntask: b\n", "job.yaml:2:1: the key 'task' is written twice; keep one"),
        ("media:\n  soft_tokens: 70\n  soft_tokens: 280\n",
         "job.yaml:3:3: the key 'soft_tokens' is written twice; keep one"),
        ("task: [a\n", "job.yaml:2:1: expected ',' or ']', but got '<stream end>'"),
        ("task: a: b\n", "job.yaml:1:8: mapping values are not allowed here"),
        ("task: !!python/object:os.system {}\n",
         "job.yaml:1:7: could not determine a constructor for the tag 'tag:yaml.org,2002:python/object:os.system'"),
        ("task: !!int x\n",
         "job.yaml: holds a value that cannot be read: invalid literal for int() with base 10: 'x'"),
        ("task: " + "[" * 5000, "job.yaml: nested too deeply"),
        ("true: x\n", "job.yaml:1:1: the key True is not text; put it in quotes"),
        ("a: 1\n---\nb: 2\n", "job.yaml:2:1: but found another document"),
    ],
)  # fmt: skip
def test_what_is_no_yaml_mapping_is_refused_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    assert _refusal(_write(tmp_path, text)).splitlines()[0] == message


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "job.yaml"
    assert _refusal(missing) == f"job.yaml: there is no such config file (looked in {Path.cwd()})"
    missing.write_bytes(b"task: \xff\xfe\n")
    assert _refusal(missing) == "job.yaml: is not UTF-8 text (byte 6); save it as UTF-8"
    missing.write_bytes(b"task: \x00\n")
    assert "job.yaml: not valid YAML: unacceptable character #x0000" in _refusal(missing)
    missing.unlink()
    missing.mkdir()
    assert _refusal(missing) == "job.yaml: cannot be read: Is a directory"


def test_settings_go_over_the_file_and_later_ones_over_earlier(tmp_path: Path) -> None:
    path = _write(tmp_path, SMALLEST + "model: e4b-4bit\nprompt: Hi\nsampling: {seed: 1, top_k: 5}\n")
    config = load_config(
        path,
        [
            "sampling.seed=2",
            "sampling.seed=3",
            "model.dtype=float32",
            "prompt.schema={type: object}",
            "executor.kind=local",
        ],
        limit=10,
    )
    assert (config.sampling.seed, config.sampling.top_k, config.source.limit) == (3, 5, 10)
    assert (config.model.path, config.model.dtype) == ("e4b-4bit", "float32")
    assert (config.prompt.text, config.prompt.schema_) == ("Hi", {"type": "object"})


def test_a_template_can_be_set_on_the_command_line(job: Path) -> None:
    assert load_config(job, ["prompt={{ question }}"]).prompt.text == "{{ question }}"


def test_a_setting_does_not_leak_through_a_yaml_alias(tmp_path: Path) -> None:
    path = _write(tmp_path, SMALLEST + "engine: &e {}\nprepare: *e\n")
    config = load_config(path, ["engine.stall_s=5"])
    assert (config.engine.stall_s, config.prepare.timeout_s) == (5.0, 30.0)


@pytest.mark.parametrize("setting", ["sampling", "=3", "sampling..seed=3", ""])
def test_a_setting_without_key_or_value_is_refused(job: Path, setting: str) -> None:
    assert _refusal(job, setting) == (
        f"--set {setting}: write a key, '=' and a value, such as --set sampling.temperature=0.7"
    )


def test_a_setting_inside_a_plain_value_is_refused(job: Path) -> None:
    assert _refusal(job, "output.path.name=x") == "--set output.path.name=x: output.path is 'out/x', which has no keys"


def test_a_setting_that_is_no_yaml_is_refused(job: Path) -> None:
    assert _refusal(job, "system=[a").startswith("--set system=[a:1:3: expected ',' or ']'")


def test_a_wrong_limit_is_laid_to_the_option(job: Path) -> None:
    assert _refusal(job, limit=-1) == (
        "job.yaml with --limit -1: source.limit is -1: must be greater than or equal to 0"
    )


@settings(max_examples=150, deadline=None)
@given(
    st.recursive(
        st.text() | st.integers() | st.floats(allow_nan=False) | st.booleans() | st.none(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=6,
    )
)
def test_what_is_dumped_reads_back_as_the_same_value(value: object) -> None:
    assert parse(dump({"key": value}), "dumped") == {"key": value}


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_a_dumped_config_loads_as_the_same_job(tmp_path: Path, path: Path) -> None:
    config = load_config(path, ["system=no", "source.allow_hosts=[on, '1e5', '0x1', '2026-08-01']"])
    assert load_config(_write(tmp_path, dump_yaml(config))) == config
    assert JobConfig.model_validate_json(config.model_dump_json(by_alias=True)) == config


def test_answers_do_not_depend_on_speed_place_or_limit(job: Path) -> None:
    plain = answer_identity(load_config(job))
    free = ["engine.slots=3", "prepare.processes=1", "output.path=elsewhere", "run.max_errors=5", "output.shard_rows=9"]
    assert answer_identity(load_config(job, free, limit=7)) == plain
    assert list(plain) == ["task", "source", "prompt", "system", "sampling", "model", "media"]
    assert json.loads(json.dumps(plain)) == plain


@pytest.mark.parametrize(
    "setting",
    [
        "task=answer",
        "source.path=other",
        "prompt=Hi",
        "system=Hi",
        "sampling.seed=1",
        "model=e4b-4bit",
        "media.frames=2",
    ],
)
def test_answers_depend_on_what_is_asked_of_whom(job: Path, setting: str) -> None:
    assert answer_identity(load_config(job, [setting])) != answer_identity(load_config(job))


def test_there_is_a_config_for_every_task_and_a_demo() -> None:
    assert {path.stem: load_config(path).task for path in CONFIGS} == {
        "answer": "answer", "caption": "caption", "demo": "answer", "transcribe": "transcribe",
    }  # fmt: skip


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_a_shipped_config_runs_offline_on_the_examples(path: Path) -> None:
    config = load_config(path)
    assert config.model.path == "demo"
    assert config.media.soft_tokens == 70 or config.task == "transcribe"
    assert config.source.path is not None
    assert (ROOT / config.source.path).exists()
    lines = path.read_text().splitlines()
    assert lines[0] == "# yaml-language-server: $schema=schema.json"
    keys = [line.partition(":")[0] for line in lines if line and line[0].isalpha()]
    assert keys[:3] == ["source", "model", "task"]


def test_the_schema_of_editors_and_the_reference_are_current() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "docs/generate.py", "--check"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_stale_reference_is_noticed(tmp_path: Path) -> None:
    for name in ("docs/generate.py", "docs/configuration.md", "docs/commands.md", "configs/schema.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    page = tmp_path / "docs/configuration.md"
    page.write_text(page.read_text().replace("`sampling.top_k`", "`sampling.top`"))
    done = subprocess.run(
        [sys.executable, tmp_path / "docs/generate.py", "--check"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "stale, run python docs/generate.py: docs/configuration.md\n")


def test_every_key_is_documented_and_described() -> None:
    page = (ROOT / "docs/configuration.md").read_text()
    assert [key for key in key_paths(JobConfig) if f"| `{key}` |" not in page] == []
    definitions = [json_schema(), *json_schema()["$defs"].values()]
    described = [(name, key.get("description")) for part in definitions for name, key in part["properties"].items()]
    assert [name for name, description in described if not description] == []


def test_the_schema_knows_plain_text_forms_sizes_and_no_other_keys() -> None:
    schema = json_schema()
    assert schema["required"] == ["task", "source", "output"]
    assert schema["properties"]["model"]["anyOf"] == [
        {"type": "string"}, {"$ref": "#/$defs/ModelConfig"}, {"type": "null"},
    ]  # fmt: skip
    assert {part["additionalProperties"] for part in (schema, *schema["$defs"].values())} == {False}
    assert schema["$defs"]["MediaConfig"]["properties"]["max_bytes"]["anyOf"] == [
        {"type": "integer", "minimum": 1}, {"type": "string", "pattern": r"^\d+(\.\d+)?\s*([KMGT]i?B|B)$"},
    ]  # fmt: skip
