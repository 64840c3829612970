"""What a row asks: default prompts, the columns a job needs, null media, seeds."""

from typing import Any

import pytest

from batch.ask import (
    ASR_FORMAT,
    Ask,
    ask,
    media_columns,
    metadata_notes,
    metadata_used,
    needed_columns,
    prompt_template,
    request_sampling,
)
from batch.config.job import JobConfig
from batch.errors import ConfigError, RowError
from batch.prepared import Sampling


def job(task: str, **keys: Any) -> JobConfig:
    source = {"path": "in", **keys.pop("source", {})}
    return JobConfig.model_validate({"task": task, "source": source, "output": {"path": "out"}, **keys})


def test_every_task_has_a_default_prompt() -> None:
    assert prompt_template(job("caption")) == "Describe this image in one sentence."
    assert prompt_template(job("answer")) == "{{ prompt }}"
    assert prompt_template(job("transcribe")) == (
        f"Transcribe the following speech segment in its original language. {ASR_FORMAT}"
    )


def test_a_transcription_names_its_language_and_its_translation() -> None:
    assert prompt_template(job("transcribe", media={"language": "German"})) == (
        f"Transcribe the following speech segment in German into German text. {ASR_FORMAT}"
    )
    assert prompt_template(job("transcribe", media={"language": "German", "translate_to": "French"})) == (
        "Transcribe the following speech segment in German, then translate it into French.\n"
        "When formatting the answer, first output the transcription in German, then one newline, "
        "then output the string 'French: ', then the translation in French."
    )


def test_a_language_with_braces_stays_text() -> None:
    config = job("transcribe", media={"language": "{{ 1 }}"})
    rendered = ask(config, {"image": (), "audio": ("audio",)}, {"audio": b"x"})
    assert rendered.prompt.startswith("Transcribe the following speech segment in {{ 1 }} into {{ 1 }} text.")


def test_media_columns_are_found_by_their_usual_names_or_as_the_config_says() -> None:
    columns = ["id", "image", "audio", "picture"]
    assert media_columns(job("caption"), columns) == {"image": ("image",), "audio": ()}
    assert media_columns(job("answer"), columns) == {"image": ("image",), "audio": ("audio",)}
    assert media_columns(job("answer"), ["text"]) == {"image": (), "audio": ()}
    named = job("answer", source={"image_column": ["picture", "image"]})
    assert media_columns(named, columns) == {"image": ("picture", "image"), "audio": ("audio",)}


def test_the_needed_columns_are_media_and_what_templates_read_in_table_order() -> None:
    config = job("answer", prompt={"text": "{{ question }} {{ hint }}"}, system="{{ style }}")
    columns = ["style", "unused", "question", "image", "hint"]
    assert needed_columns(config, columns) == ("style", "question", "image", "hint")


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            job("answer", prompt={"text": "{{ queston }}"}),
            "prompt: no column 'queston' in the input; it has: question, picture. Did you mean 'question'?",
        ),
        (
            job("answer", system="{{ z }}", prompt={"text": "hi"}),
            "system: no column 'z' in the input; it has: question, picture.",
        ),
        (
            job("caption", source={"image_column": "pictures"}),
            "source.image_column: no column 'pictures' in the input; it has: question, picture."
            " Did you mean 'picture'?",
        ),
        (
            job("caption"),
            "source.image_column: task 'caption' needs an image column and the input has none called 'image'."
            " Its columns: question, picture. Name the one to use.",
        ),
        (
            job("caption", source={"audio_column": "question", "image_column": "picture"}),
            "source.audio_column: task 'caption' takes no audio; leave it out.",
        ),
    ],
)
def test_a_column_that_is_not_there_is_a_config_error_naming_the_nearest(config: JobConfig, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        needed_columns(config, ["question", "picture"])
    assert str(caught.value) == message


def test_a_row_asks_with_its_values_and_media() -> None:
    config = job("answer", prompt={"text": "{{ q }}?"}, system="Be {{ tone }}.")
    media = media_columns(config, ["q", "tone", "image", "audio"])
    values = {"q": "Why", "tone": None, "image": b"png", "audio": None}
    assert ask(config, media, values) == Ask("Why?", "Be .", (b"png",), ())


def test_an_answer_runs_without_its_media_but_a_caption_and_a_transcript_do_not() -> None:
    media = {"image": ("image",), "audio": ("audio",)}
    config = job("answer", prompt={"text": "hi"})
    assert ask(config, media, {"image": None, "audio": None}) == Ask("hi", None, (), ())
    for task in ("caption", "transcribe"):
        with pytest.raises(RowError) as caught:
            ask(job(task), media, {"image": None, "audio": None})
        assert caught.value.kind == "missing_media"


def test_a_template_cannot_reach_the_media_bytes() -> None:
    config = job("answer", prompt={"text": "{{ image }}"})
    with pytest.raises(RowError, match="'image' is undefined"):
        ask(config, {"image": ("image",), "audio": ()}, {"image": b"png"})


def test_greedy_rows_share_one_sampling_and_sampled_rows_have_their_own_seed() -> None:
    greedy = job("caption", sampling={"seed": 7})
    assert request_sampling(greedy, "a#0", 0) == request_sampling(greedy, "b#1", 3) == Sampling(seed=7)
    sampled = job("caption", sampling={"temperature": 1.0, "seed": 7})
    other = job("caption", sampling={"temperature": 1.0, "seed": 8})
    seeds = [
        request_sampling(config, row_id, request).seed
        for config, row_id, request in [
            (sampled, "a#0", 0),
            (sampled, "a#0", 1),
            (sampled, "a#1", 0),
            (other, "a#0", 0),
        ]
    ]
    assert len(set(seeds)) == 4
    assert all(0 <= seed < 2**32 for seed in seeds)
    assert request_sampling(sampled, "a#0", 0).seed == seeds[0]


def test_an_answer_that_was_sent_back_is_sampled_anew_or_has_a_higher_penalty_than_before() -> None:
    sampled = job("caption", sampling={"temperature": 1.0, "seed": 7})
    seeds = [request_sampling(sampled, "a#0", 0, variation).seed for variation in range(4)]
    assert len(set(seeds)) == 4
    assert seeds[0] == request_sampling(sampled, "a#0", 0).seed
    greedy = job("caption", sampling={"repetition_penalty": 1.05})
    penalties = [request_sampling(greedy, "a#0", 0, variation).repetition_penalty for variation in (0, 1, 2, 50)]
    assert penalties == pytest.approx([1.05, 1.3, 1.4, 2.0])
    assert request_sampling(job("caption", sampling={"repetition_penalty": 1.5}), "a#0", 0, 1).repetition_penalty == 1.6


def test_metadata_of_files_needs_no_column_and_a_column_of_its_name_comes_first() -> None:
    config = job("caption", prompt="{{ exif.date }} {{ meta.title }}", system="{{ exif.gps }}")
    assert metadata_used(config, ["image"]) == {"exif": {"date", "gps"}, "meta": {"title"}}
    assert needed_columns(config, ["image", "other"]) == ("image",)
    assert metadata_notes(config, ["image", "other"]) == []
    assert metadata_used(config, ["image", "exif"]) == {"meta": {"title"}}
    assert needed_columns(config, ["image", "exif"]) == ("image", "exif")
    assert metadata_notes(config, ["image", "exif"]) == [
        "{{ exif }} is the column 'exif'; the metadata of the files would have that name too"
    ]


def test_a_job_without_images_has_no_metadata_of_files() -> None:
    with pytest.raises(ConfigError, match="prompt: no column 'exif' in the input"):
        needed_columns(job("transcribe", prompt="{{ exif.date }}"), ["audio"])


def test_the_column_with_a_rows_budget_is_needed_and_must_be_there() -> None:
    config = job("caption", media={"soft_tokens_column": "detail"})
    assert needed_columns(config, ["image", "other", "detail"]) == ("image", "detail")
    with pytest.raises(ConfigError, match=r"media\.soft_tokens_column: no column 'detail' in the input"):
        needed_columns(config, ["image", "details"])
