"""A whole job as its ledger has it, in one snapshot, without a lock: what `verify` holds the output against."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from batch.counts import Counts
from batch.ledger import events, stored_plan, volume
from batch.ledger.schema import LEDGER_NAME, connect_readonly, recall
from batch.records import Shard, SourceFile


@dataclass(frozen=True, slots=True)
class StoredPart:
    """One shard and what is known of its part. `sha256` is None before the first; `intended` is the sha256 of one
    that is being put in place. `counts` are of the rows that are in place and not wanted again."""

    shard: Shard
    committed: bool
    same_rows: bool
    """Whether the part in place holds the shard's rows: not after an accepted change of the source."""
    sha256: str | None
    intended: str | None
    counts: Counts


@dataclass(frozen=True, slots=True)
class StoredJob:
    """`identity` is all that answers depend on (JSON values), `fingerprint` its hash; `recorded` rows are done and in
    no part yet."""

    identity: Mapping[str, str]
    fingerprint: str
    files: tuple[SourceFile, ...]
    parts: tuple[StoredPart, ...]
    recorded: int

    @property
    def rows(self) -> int:
        return sum(part.shard.rows for part in self.parts)


def read_stored_job(folder: Path) -> StoredJob:
    """The job in `folder`. Raises LedgerError when it has no ledger, or one that cannot be read."""
    with connect_readonly(volume.home(folder) / LEDGER_NAME) as db:
        shards = {shard.index: shard for shard in stored_plan.stored_shards(db)}
        intended = dict(db.execute("SELECT shard, new_sha256 FROM intents"))
        query = "SELECT shard, committed, wanted IS NOT NULL, sha256, counts FROM shards ORDER BY shard"
        parts = tuple(
            StoredPart(
                shard=shards[index],
                committed=bool(committed),
                same_rows=bool(committed or reopened),
                sha256=sha256,
                intended=intended.get(index),
                counts=Counts.from_json(counts),
            )
            for index, committed, reopened, sha256, counts in db.execute(query)
        )
        return StoredJob(
            identity=dict(db.execute("SELECT key, value FROM identity")),
            fingerprint=recall(db, "fingerprint") or "",
            files=stored_plan.stored_files(db),
            parts=parts,
            recorded=sum(shard.done for shard in events.load(db).values()),
        )
