"""What a run would do, in words."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from batch.plan import Plan


def plan_text(plan: "Plan") -> str:
    """What a run would do, from headers only."""
    rows = sum(shard.rows for shard in plan.shards)
    lines = [
        f"task {plan.config.task}, model {plan.config.model.path}, output {plan.config.output.path}",
        f"{rows} rows in {len(plan.shards)} shards from {len(plan.files)} files",
        f"columns read: {', '.join(plan.needed) or 'none'}",
        f"columns kept: {', '.join(out for _, out in plan.kept) or 'none'}",
        *plan.notes,
    ]
    return "\n".join(lines)
