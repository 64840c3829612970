"""YAML -> one frozen JobConfig, or a ConfigError that names file, key and the nearest valid key.

Answers depend on `task source prompt system sampling model media`; `engine prepare executor output run`
change only speed and place. Every default is here, once.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

ANSWER_KEYS = ("task", "source", "prompt", "system", "sampling", "model", "media")
SOFT_TOKEN_BUDGETS = (70, 140, 280, 560, 1120)


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


Columns = Annotated[tuple[str, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)]


class ModelConfig(Section):
    path: str = "demo"
    revision: str | None = None
    dtype: Literal["auto", "float32", "bfloat16"] = "auto"
    allow_unsafe_ple: bool = False


class SourceConfig(Section):
    path: str | None = None
    dataset: str | None = None
    config: str | None = None
    split: str | None = None
    revision: str | None = None
    image_column: Columns | None = None
    audio_column: Columns | None = None
    id_column: str | None = None
    reference_column: str | None = None
    keep_columns: Columns | None = None
    drop_columns: Columns = ()
    media_root: str | None = None
    allow_hosts: Columns = ()
    limit: Annotated[int, Field(ge=0)] | None = None


class PromptConfig(Section):
    text: str | None = None
    schema_: dict[str, Any] | None = Field(default=None, alias="schema")


class SamplingConfig(Section):
    temperature: float = Field(default=0.0, ge=0.0, le=2.0)
    top_p: float = Field(default=1.0, gt=0.0, le=1.0)
    top_k: int = Field(default=0, ge=0)
    repetition_penalty: float = Field(default=1.0, ge=1.0, le=2.0)
    seed: int = 0
    max_tokens: int = Field(default=256, ge=1)


class MediaConfig(Section):
    soft_tokens: int = 280
    max_pixels: int = 200_000_000
    max_bytes: int = 512 * 1024**2
    frames: int | None = None
    pages: int | None = None
    accept_truncated: bool = False
    segment: Literal["vad", "window", "off"] = "vad"
    language: str | None = None
    translate_to: str | None = None
    channel: Literal["mix", "left", "right"] = "mix"


class EngineConfig(Section):
    slots: int | Literal["auto"] = "auto"
    memory: int | Literal["auto"] = "auto"
    wired: bool = False
    stall_s: float = Field(default=120.0, gt=0)


class PrepareConfig(Section):
    processes: int | Literal["auto"] = "auto"
    max_bytes: int = 1024**3
    timeout_s: float = Field(default=30.0, gt=0)
    max_memory: int = 1024**3


class ExecutorConfig(Section):
    kind: Literal["local", "dask"] = "local"
    scheduler: str | None = None
    path_map: dict[str, str] = Field(default_factory=dict)
    ship_media: bool = False


class OutputConfig(Section):
    path: str
    shard_rows: int = Field(default=512, ge=1)


class RunConfig(Section):
    max_errors: int | None = Field(default=None, ge=1)
    max_error_rate: float = Field(default=1.0, ge=0.0, le=1.0)
    pause_on_battery: bool = False


class JobConfig(Section):
    task: Literal["caption", "transcribe", "answer"]
    model: ModelConfig = ModelConfig()
    source: SourceConfig
    prompt: PromptConfig = PromptConfig()
    system: str | None = None
    sampling: SamplingConfig = SamplingConfig()
    media: MediaConfig = MediaConfig()
    engine: EngineConfig = EngineConfig()
    prepare: PrepareConfig = PrepareConfig()
    executor: ExecutorConfig = ExecutorConfig()
    output: OutputConfig
    run: RunConfig = RunConfig()
