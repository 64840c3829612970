"""`gemma4-batch schema`: the JSON Schema of a config."""

import json

import typer


def schema() -> None:
    """Print the JSON Schema of the config, for editors."""
    from batch.config.job import json_schema

    typer.echo(json.dumps(json_schema(), indent=2))
