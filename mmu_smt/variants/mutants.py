"""The mutants of a variant: each a further variant, in text, that replaces one function by a changed one.

Changed is what the handlers call, not what properties, initial conditions, assumptions, guards and configs are made of: a mutant is judged
by the same properties under the same assumptions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random

from mmu_smt.semantics.program import Program, Variable
from mmu_smt.semantics.types import ArrayType, EnumType, FlagsType, OptionalType, RecordType, Type
from mmu_smt.semantics.workspace import Workspace
from mmu_smt.syntax import nodes
from mmu_smt.syntax.diagnostics import SpecError
from mmu_smt.syntax.format import format_source
from mmu_smt.syntax.source import SourceFile, Span
from mmu_smt.variants.calls import called, closure, observers
from mmu_smt.variants.operators import Edit, Vocabulary, edits


@dataclass(frozen=True, slots=True)
class Mutant:
    """`number`: its place in the list of all changes, ill-typed ones included, so that it stays the same whatever part is wanted.

    `name`: of the variant. `function`: what was changed; `at`: where, in the original. `text`: of a module that declares the variant,
    without the import of what it is made of. `before` and `after`: the function. `workspace`: with the variant.
    """

    number: int
    name: str
    operator: str
    function: str
    at: Span = field(repr=False)
    text: str = field(repr=False)
    before: str = field(repr=False)
    after: str = field(repr=False)
    workspace: Workspace = field(repr=False)

    def program(self, params: Mapping[str, int]) -> Program:
        """Its checked program."""
        return self.workspace.program(self.name, params)


@dataclass(frozen=True, slots=True)
class Mutants:
    """`found`: well-typed, no two with the same tree. `ill_typed`, `repeated`: how many changes were no mutant for that reason."""

    found: tuple[Mutant, ...]
    ill_typed: int
    repeated: int


@dataclass(frozen=True, slots=True)
class Choice:
    """Which mutants are wanted. `operators`, `functions`: names, none: all. `most`: so many at most, picked with `seed`."""

    operators: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    most: int | None = None
    seed: int = 0
    numbers: tuple[int, ...] = ()


EVERYTHING = Choice()


def mutants(workspace: Workspace, variant: str | None, params: Mapping[str, int], choice: Choice = EVERYTHING) -> Mutants:
    """The mutants of a variant, in a fixed order. Raises SpecError where the variant itself is wrong."""
    program = workspace.program(variant, params)
    words = vocabulary(program)
    declared = workspace.functions(variant)
    numbered = enumerate(((name, e) for name in targets(program, words.observers) for e in edits(declared[name], words)), 1)
    candidates = [
        (number, name, edit)
        for number, (name, edit) in numbered
        if (not choice.operators or edit.operator in choice.operators)
        and (not choice.functions or name in choice.functions)
        and (not choice.numbers or number in choice.numbers)
    ]
    if choice.most is not None:
        Random(choice.seed).shuffle(candidates)
    seen: set[tuple[str, nodes.FunctionDecl]] = {(name, declared[name]) for _, name, _ in candidates}
    found: list[Mutant] = []
    ill_typed = repeated = 0
    for number, name, edit in candidates:
        if len(found) == choice.most:
            break
        made = _made(workspace, variant, declared[name], edit, number, params)
        if made is None:
            ill_typed += 1
            continue
        key = (name, made.workspace.functions(made.name)[name])
        if key in seen:
            repeated += 1
            continue
        seen.add(key)
        found.append(made)
    return Mutants(tuple(sorted(found, key=lambda m: m.number)), ill_typed, repeated)


def _made(
    workspace: Workspace, variant: str | None, function: nodes.FunctionDecl, edit: Edit, number: int, params: Mapping[str, int]
) -> Mutant | None:
    """The mutant, or None where it is ill-typed."""
    name = f"{variant or 'modules'}_mutant_{number}"
    of = "" if variant is None else f" of {variant}"
    subject = f"{edit.operator} at {edit.at.file.name}:{edit.at.line}".replace("\\", "/").replace('"', "'")
    text = f'variant {name}{of} "{subject}" {{\noverride {edit.applied(function.span)}\n}}\n'
    try:
        text = format_source(SourceFile(f"{name}.mmu", text))
        changed = workspace.extended(SourceFile(f"{name}.mmu", text))
        changed.program(name, params)
    except SpecError:
        return None
    return Mutant(number, name, edit.operator, function.name.text, edit.at, text, function.span.text, edit.applied(function.span), changed)


def targets(program: Program, observers: frozenset[str]) -> tuple[str, ...]:
    """The functions to be changed: handlers and what they call, but for what properties and assumptions are made of, and observers."""
    handlers = [f for f in program.functions.values() if f.is_handler]
    reached = closure(program, [h.name for h in handlers])
    judging = (
        *program.properties.values(),
        *program.assumptions,
        *program.inits,
        *program.terminal,
        *(s.guard for s in program.steps.values()),
        *program.configs.values(),
    )
    spared = closure(program, called(program, judging)) | observers
    return tuple(name for name in program.functions if name in reached and name not in spared)


def vocabulary(program: Program) -> Vocabulary:
    """What the operators must know of a program."""
    kinds = tuple(_types(program))
    enums = {m: t.members for t in kinds if isinstance(t, EnumType) for m in t.members}
    flags = {m: t.members for t in kinds if isinstance(t, FlagsType) for m in t.members}
    return Vocabulary(
        enums,
        flags,
        {**_alike(program.consts), **_alike(program.states)},
        frozenset(program.ghosts),
        observers(program),
        frozenset(n for n, f in program.functions.items() if f.effectful),
    )


def _alike(variables: Mapping[str, Variable]) -> dict[str, tuple[str, ...]]:
    return {n: tuple(m for m, other in variables.items() if m != n and other.type == v.type) for n, v in variables.items()}


def _types(program: Program) -> Iterator[Type]:
    """Every type that a variable, a parameter or a result has, with its parts."""
    variables = (*program.consts.values(), *program.states.values(), *program.ghosts.values())
    stack: list[Type] = [v.type for v in variables]
    for function in program.functions.values():
        stack.extend(p.type for p in function.params)
        if function.returns is not None:
            stack.append(function.returns)
    seen: set[Type] = set()
    while stack:
        kind = stack.pop()
        if kind in seen:
            continue
        seen.add(kind)
        yield kind
        match kind:
            case ArrayType(index=index, element=element):
                stack.extend((index, element))
            case OptionalType(inner=inner):
                stack.append(inner)
            case RecordType(fields=fields):
                stack.extend(t for _, t in fields)
            case _:
                pass
