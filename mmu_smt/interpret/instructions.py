"""The instructions that bodies are compiled to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from mmu_smt.interpret.evaluate import Evaluate, Locals, Memory, Scope
from mmu_smt.semantics.types import Type, Value
from mmu_smt.syntax.source import Span

RESULT = 0  # slot: the result of the last call made by this frame
PENDING = 1  # slot: the value of a `return` that waits for its lock to be released
FIRST_LOCAL = 2


@dataclass(slots=True, eq=False)
class Label:
    """A place in a Code; `at` is set when the code after it is emitted."""

    at: int = -1


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """Something that a condition looks at: its source text, its type, and how it is evaluated."""

    text: str
    type: Type
    evaluate: Evaluate


@dataclass(frozen=True, slots=True, eq=False)
class TestPoint:
    """Where a condition or a match subject is evaluated, for the decision path. `type` is the subject's.

    `readings`: what it looks at, made when somebody wants to know.
    """

    span: Span = field(repr=False)
    function: str
    type: Type
    readings: Callable[[], tuple[Reading, ...]] = field(repr=False)

    @property
    def text(self) -> str:
        """The source text on one line."""
        return " ".join(self.span.text.split())


@dataclass(frozen=True, slots=True, eq=False)
class Spot:
    """A statement or call and what surrounds it in its body: the turn slots of the `for`s around, and the slots of the locals in scope."""

    id: int
    turns: tuple[int, ...]
    live: tuple[int, ...]
    span: Span = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Do:
    """Change memory or locals."""

    action: Callable[[Memory, Locals], None]


@dataclass(frozen=True, slots=True, eq=False)
class Branch:
    """Go on if the condition holds, else at `otherwise`."""

    condition: Evaluate
    otherwise: Label
    test: TestPoint | None


@dataclass(frozen=True, slots=True, eq=False)
class Jump:
    target: Label


@dataclass(frozen=True, slots=True, eq=False)
class Switch:
    subject: Evaluate
    table: dict[Value, Label]
    default: Label | None
    test: TestPoint


@dataclass(frozen=True, slots=True, eq=False)
class NextTurn:
    """Head of a `for`: take the value of the turn counted in slot `turn`, or leave the loop."""

    turn: int
    variable: int
    domain: Sequence[Value]
    leave: Label


@dataclass(frozen=True, slots=True, eq=False)
class Enter:
    """Call a function; its result comes back in RESULT."""

    function: str
    args: tuple[Evaluate, ...]
    spot: Spot


@dataclass(frozen=True, slots=True, eq=False)
class Leave:
    """Return from the body. `rule` is attached first."""

    value: Evaluate | None
    rule: str | None
    span: Span = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class HoldReturn:
    """A `return` inside a lock: evaluate its value into PENDING and attach `rule`; the body is left after the release."""

    value: Evaluate | None
    rule: str | None
    span: Span = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class FinishReturn:
    """Return from the body with the value in PENDING."""


@dataclass(frozen=True, slots=True, eq=False)
class Locks:
    """Acquire (+1) or release (-n) locks."""

    change: int


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """A cut point where no lock is held and the run has cuts.

    `phase` is before, after or at; `label` is the lock's name or the yield's text.
    """

    spot: Spot
    phase: str
    label: str


@dataclass(frozen=True, slots=True, eq=False)
class Pick:
    """Choose a value of `type` into a slot."""

    variable: int
    type: Type
    spot: Spot


Instruction: TypeAlias = "Do | Branch | Jump | Switch | NextTurn | Enter | Leave | HoldReturn | FinishReturn | Locks | Cut | Pick"


@dataclass(frozen=True, slots=True, eq=False)
class Code:
    """A compiled body. `size`: slots of a frame; `params`: slots of the parameters."""

    name: str
    is_handler: bool
    returns: Type | None
    params: tuple[int, ...]
    size: int
    instructions: tuple[Instruction, ...]
    scope: Scope
    span: Span = field(repr=False)
