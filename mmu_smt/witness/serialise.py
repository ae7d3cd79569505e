"""Candidates as JSON, so that a claim that could not be confirmed can be kept and looked at.

Values are written as they are (`semantics.types`): a tuple becomes a list and a list is read as a tuple, so nothing is lost. Sites are
lists of numbers.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from mmu_smt.witness.traces import Candidate, Move

if TYPE_CHECKING:
    from mmu_smt.semantics.types import Value
    from mmu_smt.witness.traces import Valuation

FORMAT = "mmu-smt candidate 1"


def candidate_to_json(candidate: Candidate, *, indent: int | None = 2) -> str:
    """The candidate as JSON, ended by a line break; indented, unless `indent` is None."""
    moves = [
        {"step": m.step, "args": m.args, "resume": m.resume, "choices": [[site, value] for site, value in m.choices.items()]}
        for m in candidate.moves
    ]
    record = {
        "format": FORMAT,
        "consts": dict(candidate.consts),
        "states": [dict(s) for s in candidate.states],
        "moves": moves,
        "loop_start": candidate.loop_start,
    }
    return json.dumps(record, indent=indent) + "\n"


def candidate_from_json(text: str) -> Candidate:
    """The candidate that `candidate_to_json` wrote. Raises ValueError for anything else."""
    try:
        record = cast("dict[str, Any]", json.loads(text))
        if record["format"] != FORMAT:
            raise ValueError(f"not a candidate of this format: {record['format']}")
        return Candidate(
            consts=_valuation(record["consts"]),
            states=tuple(_valuation(s) for s in record["states"]),
            moves=tuple(_move(m) for m in record["moves"]),
            loop_start=record["loop_start"],
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a candidate: {error!r}") from error


def _move(record: dict[str, Any]) -> Move:
    choices = {tuple(site): _value(value) for site, value in record["choices"]}
    return Move(record["step"], tuple(_value(v) for v in record["args"]), record["resume"], choices)


def _valuation(record: dict[str, Any]) -> Valuation:
    return {name: _value(value) for name, value in record.items()}


def _value(value: Any) -> Value:
    if isinstance(value, list):
        return tuple(_value(v) for v in cast("list[Any]", value))
    if value is None or isinstance(value, int):
        return value
    raise ValueError(f"not a value: {value!r}")
