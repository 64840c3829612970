"""The sections of a config and their keys, `source` to `run`; job.py puts them together.

Every default is here, once, and every key says what it is for: editors (`configs/schema.json`) and
`docs/configuration.md` are made from these lines. A key without a value counts as not written.
"""

import re
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from batch.config.mistakes import conflict, fields
from batch.config.values import (
    AutoCount,
    AutoSize,
    Count,
    Integer,
    JsonSchema,
    LocalPath,
    Names,
    Number,
    Size,
)

SoftTokens = Literal[70, 140, 280, 560, 1120]
SOFT_TOKEN_BUDGETS: tuple[int, ...] = get_args(SoftTokens)
URL = re.compile(r"[a-z][a-z0-9+.-]+://")
Several = Annotated[Count, Field(le=256)]  # images that one file may become


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _without_empty_keys(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        known = fields(cls)
        return {key: value for key, value in data.items() if value is not None or key not in known}


class ModelConfig(Section):
    path: LocalPath = Field(default="demo", description="Short name (`e4b-4bit`), Hub id, folder, or `demo`.")
    revision: str | None = Field(default=None, description="Commit, tag or branch of a Hub model.")
    dtype: Literal["auto", "float32", "bfloat16"] = Field(
        default="auto", description="Precision of what is not quantised; `auto` is the checkpoint's own."
    )
    allow_unsafe_ple: bool = Field(
        default=False, description="Run a checkpoint whose per-layer embeddings were quantised below 8 bit."
    )


class SourceConfig(Section):
    path: LocalPath | None = Field(
        default=None,
        description="File, glob or folder, also `s3://...`: Parquet, any table `datasets` opens, or media.",
    )
    dataset: str | None = Field(default=None, description="Hub dataset, such as `org/name`; in place of `path`.")
    config: str | None = Field(default=None, description="Configuration (subset) of the dataset.")
    split: str | None = Field(default=None, description="Split of the dataset, such as `train`.")
    revision: str | None = Field(default=None, description="Commit, tag or branch of the Hub dataset.")
    image_column: Names | None = Field(
        default=None, description="Column(s) with images; unset: `image`, where there is one."
    )
    audio_column: Names | None = Field(
        default=None, description="Column(s) with audio; unset: `audio`, where there is one."
    )
    id_column: str | None = Field(default=None, description="A column that is always kept, to find rows again.")
    reference_column: str | None = Field(
        default=None, description="Column with the right answer; the summary counts how many are met."
    )
    keep_columns: Names | None = Field(default=None, description="Input columns to keep; unset: all but media.")
    drop_columns: Names = Field(default=(), description="Input columns not to keep.")
    media_root: LocalPath | None = Field(
        default=None, description="Folder that media paths in rows may lead to, beside the source's own."
    )
    allow_hosts: Names = Field(default=(), description="Hosts from which media URLs in rows may be fetched.")
    limit: Annotated[Integer, Field(ge=0)] | None = Field(
        default=None, description="Take only the first rows; raising it later adds rows. Also `--limit`."
    )

    @property
    def is_local(self) -> bool:
        """Its files lie in a folder of this machine: it is neither a dataset nor a URL such as `s3://bucket/prefix`."""
        return self.dataset is None and not URL.match(self.path or "")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.path is not None and self.dataset is not None:
            raise conflict(
                f"source.path is {self.path!r} and source.dataset is {self.dataset!r}: keep exactly one of them"
            )
        if self.path is None and not self.dataset:
            raise conflict("source has neither path nor dataset: set exactly one of source.path and source.dataset")
        if self.revision is not None and self.dataset is None:
            raise conflict(f"source.revision is {self.revision!r}: it needs source.dataset; a path has no revision")
        both = sorted(set(self.keep_columns or ()) & set(self.drop_columns))
        if both:
            raise conflict(f"source.keep_columns and source.drop_columns both name {', '.join(map(repr, both))}")
        return self


class PromptConfig(Section):
    text: str | None = Field(
        default=None, description="Jinja2 template over the row's columns; unset: the task's own prompt."
    )
    schema_: JsonSchema | None = Field(
        default=None, alias="schema", description="JSON Schema the answer must follow (`caption` and `answer`)."
    )


class SamplingConfig(Section):
    temperature: Number = Field(default=0.0, ge=0.0, le=2.0, description="0 takes the likeliest token every time.")
    top_p: Number = Field(default=1.0, gt=0.0, le=1.0, description="Keep the likeliest tokens up to this probability.")
    top_k: Integer = Field(default=0, ge=0, description="Keep this many of the likeliest tokens; 0: all.")
    repetition_penalty: Number = Field(
        default=1.0, ge=1.0, le=2.0, description="Above 1, used tokens become less likely."
    )
    seed: Integer = Field(default=0, ge=0, description="With a temperature: same seed and row, same answer.")
    max_tokens: Count = Field(default=256, description="Longest answer, in tokens.")


class MediaConfig(Section):
    soft_tokens: SoftTokens = Field(
        default=280, description="Tokens an image may take: low is fast, high reads small text. The demo model uses 70."
    )
    max_pixels: Count = Field(default=200_000_000, description="Larger images fail with `too_large`.")
    max_bytes: Size = Field(default=512 * 1024**2, description="Larger files fail with `too_large`.")
    soft_tokens_column: str | None = Field(
        default=None,
        description="Column with a row's own budget, one of 70 140 280 560 1120; null in a row: `media.soft_tokens`.",
    )
    frames: Several | None = Field(
        default=None, description="Frames to take of an animated GIF, WebP, PNG or AVIF, evenly; unset: the first."
    )
    pages: Several | None = Field(default=None, description="First pages to take of a TIFF; unset: the first one.")
    extreme: Literal["letterbox", "tiles"] = Field(
        default="letterbox",
        description="Images longer than 10 to 1: whole between black bars, or cut into up to 8 overlapping tiles.",
    )
    accept_truncated: bool = Field(default=False, description="Use what can be read of a file that was cut short.")
    segment: Literal["vad", "window", "off"] = Field(
        default="vad", description="Cut recordings at pauses in speech, in fixed windows, or not at all (30 s at most)."
    )
    language: str | None = Field(
        default=None, description="Language spoken, such as `French`; unset: the model's guess."
    )
    translate_to: str | None = Field(
        default=None, description="Language to translate into (`transcribe`, where `prompt` is left out)."
    )
    channel: Literal["mix", "left", "right", "both"] = Field(
        default="mix",
        description="Channel(s) of a recording to listen to; `both`: a transcript of each (`transcribe`).",
    )


class EngineConfig(Section):
    slots: AutoCount = Field(default="auto", description="Requests that run at once; `auto` is chosen from memory.")
    memory: AutoSize = Field(default="auto", description="Memory the engine may fill, such as `12GiB`.")
    reuse: bool = Field(
        default=True,
        description="Compute equal things once: equal greedy requests, an image that several rows ask about.",
    )
    wired: bool = Field(default=False, description="Let MLX wire memory. Linked to kernel panics on macOS.")
    stall_s: Number = Field(
        default=120.0, gt=0, description="Seconds without a step after which the worker is replaced."
    )
    recycle_rows: Count | None = Field(default=None, description="Replace the worker by a fresh one after these rows.")
    recycle_growth: Number | None = Field(
        default=2.0, gt=1.0, description="Replace it when its memory has grown by this factor (and by 1 GiB)."
    )


class PrepareConfig(Section):
    processes: AutoCount = Field(default="auto", description="Processes that decode media.")
    max_bytes: Size = Field(default=1024**3, description="Bytes that may wait between source and engine.")
    timeout_s: Number = Field(default=30.0, gt=0, description="Seconds one row may take to decode.")
    max_memory: Size = Field(
        default=1024**3, description="Memory one decoding process may take; the reader of tables four times as much."
    )


class ExecutorConfig(Section):
    kind: Literal["local", "dask"] = Field(default="local", description="This machine, or a Dask cluster.")
    scheduler: str | None = Field(
        default=None,
        description="Address of the Dask scheduler, such as `tls://mini:8786`; `local:N`: N nodes on this machine.",
    )
    path_map: dict[str, str] = Field(
        default_factory=dict, description="Folder here: where the nodes have it. A node's own `--path-map` goes first."
    )
    ship_media: bool = Field(
        default=False, description="Send rows and their media to nodes, which then read nothing of the source."
    )
    tls_ca: LocalPath | None = Field(
        default=None,
        description="PEM file of the authority that signed all certificates; unset: as Dask is configured.",
    )
    tls_cert: LocalPath | None = Field(default=None, description="PEM file of this machine's certificate.")
    tls_key: LocalPath | None = Field(default=None, description="PEM file of its key.")

    @model_validator(mode="after")
    def _scheduler_with_dask(self) -> Self:
        if self.kind == "dask" and not self.scheduler:
            raise conflict(
                "executor.scheduler is missing: executor 'dask' needs one, as in executor: dask=tcp://host:8786"
            )
        if self.kind != "dask" and self.scheduler is not None:
            raise conflict(
                f"executor.scheduler is {self.scheduler!r}, but executor.kind is {self.kind!r}: set it to dask"
            )
        return self


class OutputConfig(Section):
    path: LocalPath = Field(description="The job folder; it names the job, and running it again resumes it.")
    shard_rows: Count = Field(default=512, description="Rows per output file.")
    min_free: Size = Field(
        default=256 * 1024**2, description="Stop in order before the volume has less than this free."
    )
    wait_s: Number = Field(
        default=86400.0,
        ge=0,
        description="Seconds to wait for the volume when it goes away or turns read-only meanwhile; 0: stop at once.",
    )


class RunConfig(Section):
    max_errors: Count | None = Field(
        default=None, description="Stop after this many failed rows, and the few that are in work."
    )
    max_error_rate: Number = Field(
        default=1.0, ge=0.0, le=1.0, description="A finished job with a higher share of failed rows exits with 4."
    )
    metrics: LocalPath | None = Field(
        default=None,
        description="Text file for Prometheus (node_exporter's textfile collector), rewritten every 10 s.",
    )
    notify: bool = Field(
        default=True, description="Show a notification at the end (macOS, and only where a terminal is watching)."
    )
    pause_on_battery: bool = Field(default=False, description="Wait while the machine runs on battery.")
    battery_min_percent: Integer = Field(
        default=10, ge=0, le=100, description="Wait while it runs on battery with less charge than this; 0: never."
    )
