"""Many requests at once, continuously: encode ahead, prefill ahead, decode in slots, one step in flight.

A request goes through
    encoding    its media through the towers, in batches of equal size (encode.py)
    prompts     encoded, waiting for a prefill
    prefilling  in the group that is being prefilled, in pieces between decode steps (prefill.py)
    ready       its keys, values and first token are there; it waits for a slot, at most `ahead` of them
    slots       one token every step (text.py), until the host reads a token that ends it
The device is always one step ahead of what the host has read: a row that ended has run one step too many by the time
the host knows. That step's token is dropped, and its slot goes to the next row by an operation that comes after it.

What changes from step to step (rows that come and go) is asked of the device apart from the step itself: CUDA launches
graphs, keeps those it has made by their form, and makes one anew, in milliseconds, where the form is new.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import mlx.core as mx
import numpy as np

from batch.gemma.decoding.beginnings import SharedPrefill, prefill_of
from batch.gemma.decoding.cache import SlotCache, shapes_of
from batch.gemma.decoding.choose import best_or_nan, choose, evaluate, put
from batch.gemma.decoding.decode import steps_of
from batch.gemma.decoding.encode import Encoder, Refused
from batch.gemma.decoding.groups import GROUP_ROWS, grouped
from batch.gemma.decoding.prefill import Prefill, piece_positions
from batch.gemma.decoding.prompt import Prompt
from batch.gemma.decoding.rows import Asked, Ends, LogitsProcessor, Prefilled, Row, Token
from batch.gemma.decoding.text import State, TextLayers
from batch.prepared import Prepared

MOST_AHEAD = 64
FEWEST_COMPILED_ROWS = 32  # every number of rows is compiled once; fewer than these take a fast device as long
BATCHES_AHEAD = 4  # of media encoded in one step at most


def ahead_of(slots: int) -> int:
    """How many requests beyond `slots` are worth having in work, so that a slot never waits for its next row."""
    return min(MOST_AHEAD, slots // 2)


class DecodeLoop:
    """`slots` rows of one checkpoint at once.

    `steps`: what `steps_of` made, compiled or not (None).
    `may_start(n)`: whether n more may begin now.
    `share`: prompts that begin alike are prefilled from what they share.
    """

    def __init__(
        self,
        text: TextLayers,
        encoder: Encoder,
        stop_ids: frozenset[int],
        slots: int,
        *,
        steps: tuple[Any, Any] | None = None,
        may_start: Callable[[int], bool] = lambda count: True,
        share: bool = True,
    ) -> None:
        self.slots = slots
        self.ahead = ahead_of(slots)
        self._stock = max(1, self.ahead // 2)  # rows kept ready for the next free slots
        self._text = text
        self._encoder = encoder
        self._stop_ids = stop_ids
        self._may_start = may_start
        self._share = share
        self._greedy, self._with_logits = steps or steps_of(text, compiled=False)
        self._fewest_rows = 1 if steps is None else FEWEST_COMPILED_ROWS
        self._cache = SlotCache(shapes_of(text.model), text.dtype)
        self._tokens = self._positions = self._live = mx.zeros((0,), mx.int32)
        self._live_rows: dict[int, Row] = {}  # by slot
        self._rows: dict[int, Row] = {}  # by number: all that have not ended
        self._prompts: deque[tuple[Row, Prompt]] = deque()
        self._prefill: tuple[Prefill | SharedPrefill, list[Row]] | None = None
        self._ready: deque[Prefilled] = deque()
        self._asked: deque[Asked] = deque()
        self._vacated: list[int] = []  # slots whose row is gone, as the device does not know yet
        self._filling = False
        self._number = 0
        self.steps = 0  # decode steps so far
        self.row_steps = 0  # rows in them, summed

    def __len__(self) -> int:
        """Requests that have not ended."""
        return len(self._rows)

    @property
    def slots_in_use(self) -> int:
        return len(self._live_rows)

    @property
    def started(self) -> list[Prepared]:
        """Requests that hold a cache, or will when their prefill is done."""
        rows = [*self._live_rows.values(), *(prefilled.row for prefilled in self._ready)]
        rows += [prefilled.row for asked in self._asked for prefilled in asked.prefilled or ()]
        rows += self._prefill[1] if self._prefill is not None else []
        return [row.prepared for row in rows if not row.gone]

    def coming(self, count: int) -> list[Prepared]:
        """The next `count` requests that have not started, at most."""
        waiting = [row.prepared for row, _ in self._prompts]
        return [*waiting, *self._encoder.waiting(count - len(waiting))][:count]

    def add(self, prepared: Prepared, processor: LogitsProcessor | None = None) -> int:
        """Queue a request; its number is what its tokens carry."""
        self._number += 1
        row = self._rows[self._number] = Row(self._number, prepared, processor)
        self._encoder.add(row.number, prepared)
        return row.number

    def remove(self, number: int) -> None:
        """Drop a row that has not ended."""
        row = self._rows.pop(number)
        row.gone = True
        self._encoder.remove(number)
        self._prompts = deque(entry for entry in self._prompts if entry[0] is not row)
        self._ready = deque(entry for entry in self._ready if entry.row is not row)
        if row.slot is not None:
            self._vacate(row.slot)

    def step(self) -> list[Token | Refused]:
        """Ask the device for one more token of every row in a slot, and for what comes next of the others; then read
        what was asked for in the step before. Refused: a request that could not be encoded, which is gone."""
        before = len(self._asked)
        self._settle()
        self._fill_slots()
        if not self._still_filling():
            self._decode()
        refused = self._prepare()
        tokens: list[Token | Refused] = [*refused]
        for _ in range(before):
            tokens += self._read(self._asked.popleft())
        return tokens

    def close(self) -> None:
        self._asked.clear()
        self._rows.clear()
        self._live_rows.clear()
        self._cache.forget()

    # ---------------------------------------------------------------- slots
    def _still_filling(self) -> bool:
        """Where more than half of the slots are free nothing is decoded until all are full, if there are rows and
        memory enough for that: a step takes about as long for a few rows as for all."""
        live = len(self._live_rows)
        free = self.slots - live
        enough = free > 0 and len(self._rows) - live >= free
        self._filling = (self._filling or 2 * live < self.slots) and enough and self._may_start(1)
        return self._filling

    def _fill_slots(self) -> None:
        wanted = min(self.slots, len(self._live_rows) + len(self._ready))
        if not wanted:
            return
        self._fit(wanted)
        free = deque(slot for slot in range(self._cache.rows) if slot not in self._live_rows)
        entering = [(free.popleft(), self._ready.popleft()) for _ in range(min(len(free), len(self._ready)))]
        if not entering:
            return
        self._cache.reserve(max(prefilled.row.positions for _, prefilled in entering))
        for slot, prefilled in entering:
            prefilled.row.slot = slot
            self._live_rows[slot] = prefilled.row
            self._cache.write(slot, prefilled.cache)
            evaluate(self._cache.keys, self._cache.values)
        slots = mx.array([slot for slot, _ in entering])
        tokens = mx.array([prefilled.cache.tokens for _, prefilled in entering])
        self._tokens = put(self._tokens, slots, mx.concatenate([prefilled.first for _, prefilled in entering]))
        self._positions = put(self._positions, slots, tokens)
        self._live = put(self._live, slots, mx.ones_like(slots))
        evaluate(self._tokens, self._positions, self._live)

    def _fit(self, wanted: int) -> None:
        """A power of two of slots, or all of them: few shapes, and little work while few rows are left."""
        rows = min(self.slots, max(self._fewest_rows, 1 << (wanted - 1).bit_length()))
        if self._cache.rows >= rows and not (rows * 4 <= self._cache.rows):
            return
        keep = sorted(self._live_rows)
        self._cache.resize(rows, keep)
        moved = {slot: self._live_rows[slot] for slot in keep}
        self._live_rows = dict(enumerate(moved.values()))
        for slot, row in self._live_rows.items():
            row.slot = slot
        self._tokens, self._positions, self._live = (
            mx.pad(array[mx.array(keep)] if keep else array[:0], (0, rows - len(keep)))
            for array in (self._tokens, self._positions, self._live)
        )

    def _vacate(self, slot: int) -> None:
        self._live_rows.pop(slot).slot = None
        self._vacated.append(slot)

    def _settle(self) -> None:
        """Tell the device which slots are empty: their positions stay at 0."""
        if not self._vacated:
            return
        places = mx.array(self._vacated)
        nothing = mx.zeros_like(places)
        self._live, self._positions = put(self._live, places, nothing), put(self._positions, places, nothing)
        self._vacated = []
        evaluate(self._live, self._positions)

    # ---------------------------------------------------------------- decoding
    def _decode(self) -> None:
        if not self._live_rows:
            return
        state = State(self._tokens, self._positions, self._live, self._cache.keys, self._cache.values)
        last = self._tokens
        choosing = [
            (slot, row.processor, last[slot : slot + 1])
            for slot, row in self._live_rows.items()
            if row.processor is not None
        ]
        if choosing:
            tokens, positions, keys, values, logits = self._with_logits(*state)
            tokens = choose(tokens, logits, choosing)
        else:
            tokens, positions, keys, values = self._greedy(*state)
        del state, last
        self._tokens, self._positions = tokens, positions
        self._cache.keys, self._cache.values = list(keys), list(values)
        evaluate(tokens, positions, self._cache.keys, self._cache.values)
        self._asked.append(Asked(tokens, list(self._live_rows.items())))
        self.steps += 1
        self.row_steps += len(self._live_rows)
        for slot, row in list(self._live_rows.items()):
            row.asked += 1
            if row.asked >= row.most:
                self._vacate(slot)

    def _read(self, asked: Asked) -> list[Token]:
        """Waits for the device, and frees the rows that ended."""
        tokens = []
        ids: Any = asked.tokens.tolist()
        for place, row in asked.rows:
            if row.gone:
                continue
            row.given += 1
            token = Token(row.number, ids[place], self._end_of(row, ids[place]))
            tokens.append(token)
            if token.ends is not None:
                self.remove(row.number)
        self._ready += [prefilled for prefilled in asked.prefilled or () if not prefilled.row.gone]
        return tokens

    def _end_of(self, row: Row, token: int) -> Ends | None:
        if token in self._stop_ids:
            return "stop"
        return "length" if row.given >= row.most else None

    # ---------------------------------------------------------------- before the slots
    def _prepare(self) -> list[Refused]:
        """One piece of prefill, and media enough for the next one."""
        most = self._most()
        refused = self._queue(self._encoder.complete())
        if self._prefill is None:
            self._begin_prefill(most)
        if self._prefill is not None:
            self._advance_prefill(*self._prefill)
        for _ in range(BATCHES_AHEAD):
            if not most or not self._encoder or len(self._prompts) >= self._stock:
                break
            refused += self._queue(self._encoder.advance())
        return refused

    def _queue(self, encoded: Sequence[tuple[int, Prompt] | Refused]) -> list[Refused]:
        """Put what is encoded behind the other prompts; gives back what could not be."""
        refused = []
        for done in encoded:
            if isinstance(done, Refused):
                refused.append(done)
                self.remove(done.number)
            else:
                self._prompts.append((self._rows[done[0]], done[1]))
        return refused

    def _most(self) -> int:
        """How many may begin now. One always may where none has, or nothing would ever go on."""
        return next((count for count in (GROUP_ROWS, 8, 2, 1) if self._may_start(count)), int(not self.started))

    def _begin_prefill(self, most: int) -> None:
        """A group of prompts as long as the first, if there is need of one."""
        prefilled = len(self._ready) + sum(len(asked.prefilled or ()) for asked in self._asked)
        free = self.slots - len(self._live_rows)
        room = min(most, free + self._stock - prefilled)
        starving = free > prefilled
        if room < 1 or not self._prompts or not (starving or room >= self._stock * 3 // 4):
            return
        places = grouped([len(prompt.ids) for _, prompt in self._prompts], room, piece_positions())
        if 2 * len(places) < room and self._unread_ends:
            return  # their places outside are taken the moment they are read: a larger group, for one step's wait
        chosen = [self._prompts[place] for place in places]
        self._prompts = deque(entry for place, entry in enumerate(self._prompts) if place not in set(places))
        group = prefill_of(self._text, [prompt for _, prompt in chosen], share=self._share)
        self._prefill = group, [row for row, _ in chosen]

    @property
    def _unread_ends(self) -> bool:
        """Whether the last token of a row was asked for and not read yet."""
        return any(row.asked >= row.most and not row.gone for asked in self._asked for _, row in asked.rows)

    def _advance_prefill(self, prefill: Prefill | SharedPrefill, rows: list[Row]) -> None:
        logits = prefill.advance()
        if logits is None:
            evaluate(prefill.pending)
            return
        self._prefill = None
        choosing = [
            (place, row.processor, mx.array(row.prepared.token_ids.astype(np.int32)))
            for place, row in enumerate(rows)
            if row.processor is not None
        ]
        tokens = best_or_nan(logits)
        if choosing:
            tokens = choose(tokens, logits.astype(mx.float32), choosing)
        prefilled = [Prefilled(row, prefill.row(place), tokens[place : place + 1]) for place, row in enumerate(rows)]
        for row in rows:
            row.asked = 1
        evaluate(tokens, [(entry.first, entry.cache.keys, entry.cache.values) for entry in prefilled])
        self._asked.append(Asked(tokens, list(enumerate(rows)), prefilled))
