"""What somebody would do, or see, who tries a run on a machine: the texts of a specification's recipes. Nothing of it has been run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RecipeText:
    """The lines of one recipe that hold of a run. `title`: None where the author gave none.

    `step`: None for what is said of the start; otherwise the number of a transition, from 1. `recurs`: that one is in the loop.
    """

    name: str
    title: str | None
    step: int | None
    lines: tuple[str, ...]
    recurs: bool = False
