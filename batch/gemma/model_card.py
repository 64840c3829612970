"""README.md of a converted checkpoint: how it was made, and how precisely each part is stored."""

from collections.abc import Mapping
from typing import Any

from batch.gemma.inspect import Inspection


def model_card(source: str, found: Inspection, quantisation: Mapping[str, Any] | None, version: str) -> str:
    """Markdown with the front matter the Hub reads. `quantisation`: bits, group_size and mode, or None."""
    made = "nothing is quantised"
    if quantisation:
        made = "{bits} bit, groups of {group_size}, mode {mode}".format(**quantisation)
    ple = found.ple
    rows = [
        f"| {row.path} | {row.tensors} | {row.quantised} | {'/'.join(map(str, row.bits))} "
        f"| {row.parameters / 1e6:,.1f} | {row.nbytes / 1e6:,.1f} |"
        for row in found.paths
    ]
    return "\n".join(
        [
            "---",
            "library_name: mlx",
            "pipeline_tag: image-text-to-text",
            "tags: [mlx, gemma4, ple-safe]",
            "---",
            "",
            "# Gemma 4 for MLX, PLE-safe",
            "",
            f"Converted from `{source}` by gemma4-batch {version}: {made}.",
            "Attention, MLP and expert projections of the text model are the only modules that this conversion ever",
            "quantises: per-layer embeddings, the token embedding, the router, norms, and the vision and audio towers",
            "keep their precision. The licence is that of the source.",
            "",
            f"- architecture: {found.architecture}",
            f"- parameters: {found.parameters / 1e6:,.1f} M in {found.nbytes / 1e9:,.2f} GB",
            f"- PLE: {ple.grade if ple else 'not known'}{f' ({ple.reason})' if ple else ''}",
            f"- router: {ple.router if ple else 'not known'}",
            "",
            "| path | tensors | quantised modules | bits | M parameters | MB |",
            "|---|---|---|---|---|---|",
            *rows,
            "",
            "`gemma4-batch inspect` on this folder shows the same table, read from the tensor headers.",
            "",
        ]
    )
