"""YAML -> one frozen JobConfig, or a ConfigError that names file, key and the nearest valid key.

Answers depend on `task source prompt system sampling model media`; `engine prepare executor output run`
change only speed and place. What each of them holds is in sections.py.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, Field, ValidationError, model_validator

from batch.config import yaml_text
from batch.config.mistakes import conflict, explain
from batch.config.sections import (
    EngineConfig,
    ExecutorConfig,
    MediaConfig,
    ModelConfig,
    OutputConfig,
    PrepareConfig,
    PromptConfig,
    RunConfig,
    SamplingConfig,
    Section,
    SourceConfig,
)

ANSWER_KEYS = ("task", "source", "prompt", "system", "sampling", "model", "media")
Task = Literal["caption", "transcribe", "answer"]


def _executor(text: str) -> dict[str, Any]:
    """ "dask=tcp://host:8786" -> its mapping."""
    kind, equals, scheduler = text.partition("=")
    return {"kind": kind, "scheduler": scheduler} if equals else {"kind": kind}


# Keys that may be written as plain text, and the mapping that is meant.
PLAIN: dict[str, Callable[[str], dict[str, Any]]] = {
    "model": lambda text: {"path": text},
    "prompt": lambda text: {"text": text},
    "executor": _executor,
}


def _plain(key: str, section: type[BaseModel]) -> BeforeValidator:
    return BeforeValidator(
        lambda value: PLAIN[key](value) if isinstance(value, str) else value,
        json_schema_input_type=str | section | None,
    )


def _task(value: Any) -> Any:
    return value["kind"] if isinstance(value, dict) and set(value) == {"kind"} else value


class JobConfig(Section):
    task: Annotated[Task, BeforeValidator(_task, json_schema_input_type=Task | dict[Literal["kind"], Task])] = Field(
        description="What to make of every row: `caption`, `transcribe` or `answer`."
    )
    model: Annotated[ModelConfig, _plain("model", ModelConfig)] = Field(
        default=ModelConfig(), description="The Gemma 4 to run."
    )
    source: SourceConfig = Field(description="Where the rows come from.")
    prompt: Annotated[PromptConfig, _plain("prompt", PromptConfig)] = Field(
        default=PromptConfig(), description="What is asked of every row."
    )
    system: str | None = Field(default=None, description="System prompt; a Jinja2 template like the prompt.")
    sampling: SamplingConfig = Field(default=SamplingConfig(), description="How tokens are chosen.")
    media: MediaConfig = Field(default=MediaConfig(), description="How images and recordings are read.")
    engine: EngineConfig = Field(default=EngineConfig(), description="How the model runs.")
    prepare: PrepareConfig = Field(default=PrepareConfig(), description="How media are decoded ahead of the engine.")
    executor: Annotated[ExecutorConfig, _plain("executor", ExecutorConfig)] = Field(
        default=ExecutorConfig(), description="Where work runs."
    )
    output: OutputConfig = Field(description="Where the answers go.")
    run: RunConfig = Field(default=RunConfig(), description="When to stop or wait.")

    @model_validator(mode="after")
    def _keys_fit_the_task(self) -> Self:
        if self.media.translate_to is not None and self.task != "transcribe":
            raise conflict(
                f"media.translate_to is {self.media.translate_to!r}, but task is {self.task!r}: "
                "only transcribe translates"
            )
        if self.media.translate_to is not None and self.prompt.text is not None:
            raise conflict(
                f"media.translate_to is {self.media.translate_to!r}, but prompt replaces the wording it would go into: "
                "remove one of them"
            )
        if self.media.channel == "both" and self.task != "transcribe":
            raise conflict(
                f"media.channel is 'both', but task is {self.task!r}: only transcribe hears two channels apart; "
                "set it to mix, left or right"
            )
        if self.prompt.schema_ is not None and self.task == "transcribe":
            raise conflict("prompt.schema is set, but task is 'transcribe': only caption and answer follow a schema")
        return self


def load_config(path: Path, overrides: Sequence[str] = (), limit: int | None = None) -> JobConfig:
    """The config file with `--set key.path=value` settings and `--limit` applied.

    Raises ConfigError: a file that is missing, empty or not YAML, an unknown key, a wrong value.
    """
    data = yaml_text.read(path)
    settings = {}
    for item in overrides:
        yaml_text.set_key(data, item, PLAIN)
        settings[item.partition("=")[0].strip()] = f"--set {item}"
    if limit is not None:
        yaml_text.put(data, ("source", "limit"), limit, "--limit", PLAIN)
        settings["source.limit"] = f"--limit {limit}"
    try:
        return JobConfig.model_validate(data)
    except ValidationError as exc:
        raise explain(exc, JobConfig, str(path), settings) from exc


def dump_yaml(config: JobConfig) -> str:
    """Every key with its value, as YAML that `load_config` reads back as the same config."""
    return yaml_text.dump(config.model_dump(mode="json", by_alias=True))


def answer_identity(config: JobConfig) -> dict[str, Any]:
    """What the answers depend on, as JSON values. Without `source.limit`, which only adds rows."""
    identity = config.model_dump(mode="json", by_alias=True, include=set(ANSWER_KEYS))
    del identity["source"]["limit"]
    return {key: identity[key] for key in ANSWER_KEYS}


def json_schema() -> dict[str, Any]:
    """JSON Schema of the config file, for editors."""
    schema = JobConfig.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
