"""What a proof rests on, as data: enough to write down, for other solvers, everything that had to be shown.

A proof is a sequence of *stages*. Each settles some queries, by name, and may use what the stages before it have settled. Beside the
queries that were asked, a stage may settle `premise of NAME` (what makes the query put to the test never happens), `lemma NAME` (an
`init invariant` that holds of every state) and clauses over constants and state.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from mmu_smt.model.term import Term

PREMISE = "premise of "
LEMMA = "lemma "


class Way(StrEnum):
    """How a variable moves, if it does: it only rises, only falls, or is only ever set to one and the same rigid value."""

    RISES = "rises"
    FALLS = "falls"
    SETTLES = "settles"


@dataclass(frozen=True, slots=True)
class Coordinate:
    """A state variable, or a condition over constants and state, and the way it moves. `target`: over constants alone, with SETTLES."""

    term: Term
    way: Way
    target: Term | None = None


@dataclass(frozen=True, slots=True)
class Along:
    """Flights: the transitions of one step, with env steps between them.

    `idle`: state variables with their values where no step is in flight. `disturbed`: what env steps may change.
    """

    idle: tuple[tuple[str, int], ...]
    disturbed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Inductive:
    """Safety queries proved together by induction over `places` places, with clauses (over constants and state) that hold of every state.

    `clauses` are what an invariant is made of that is nobody's query: a conjunction, with the queries on states.
    """

    queries: tuple[str, ...]
    places: int = 1
    clauses: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Relied:
    """The same along flights. `rest`: state variables with values that they have whenever no step is in flight. `last`: no flight goes on
    behind this place.
    """

    queries: tuple[str, ...]
    along: Along
    rest: tuple[tuple[str, int], ...]
    last: int


@dataclass(frozen=True, slots=True)
class Counted:
    """A progress query, because what recurs does so at most `most` times: an inductive invariant of the system with the counter of
    `kliveness.counted` beside it. `finite`: as a bound says that is given; otherwise as far as infinite runs can tell.
    """

    queries: tuple[str, ...]
    most: int
    finite: bool
    clauses: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Round:
    """Variables that move one way while those of earlier rounds stand still: in every transition from a valid state (`last` None), or of
    every flight, none of which goes on behind place `last`.
    """

    coordinates: tuple[Coordinate, ...]
    last: int | None = None


@dataclass(frozen=True, slots=True)
class Ranked:
    """A progress query that no loop violates: with all these variables standing still no `first` transitions end with what recurs, nor any
    more, up to `first + behind`. `behind`: transitions of the longest flight, less one. `fair`: or they do, but with no transitions of the
    same loop that meet each fairness requirement.

    `imprint`: state variables; then, instead, any flight that begins with the values that they have after one with the event, in the same
    run, has no event, and leaves them with these values. `first` is 0.
    """

    queries: tuple[str, ...]
    rounds: tuple[Round, ...]
    first: int
    behind: int = 0
    along: Along | None = None
    imprint: tuple[str, ...] | None = None
    fair: bool = False


@dataclass(frozen=True, slots=True)
class Measured:
    """A progress query whose own measure falls with each `recurs` and does not rise, in every transition of a loop."""

    queries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exhausted:
    """No run has more than `transitions`, and none of those does what the queries ask for. `least`: how often, for queries that count."""

    queries: tuple[str, ...]
    transitions: int
    least: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Recurrent:
    """Every run of `transitions` repeats itself as far as the query can see, and none up to there does what the query asks for. `fair`: in
    infinite runs it also sees that the loop has begun, and what has been met there; loops that are not fair are not asked for.
    """

    queries: tuple[str, ...]
    transitions: int
    least: tuple[tuple[str, int], ...] = ()
    fair: bool = False


@dataclass(frozen=True, slots=True)
class Empty:
    """There is no initial state."""

    queries: tuple[str, ...]


Stage: TypeAlias = Inductive | Relied | Counted | Ranked | Measured | Exhausted | Recurrent | Empty
Proof: TypeAlias = tuple[Stage, ...]
