"""What a check depends on, as a digest of the checked program: an edit that changes no meaning changes no digest.

Left out are places, documentation, subject lines, the numbers of statements, and whatever the steps that can run and the properties that
are judged do not refer to. So a result that is kept under such a digest survives edits elsewhere, and two variants that come to the same
have the same digest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from functools import cached_property
from hashlib import sha256
from typing import Any, TypeAlias, cast

from mmu_smt.semantics.program import (
    Call,
    CallStatement,
    Config,
    Decides,
    Display,
    EventUse,
    Function,
    Local,
    Program,
    Property,
    Site,
    Statement,
    Step,
    enabled_steps,
)
from mmu_smt.semantics.types import (
    ArrayType,
    BoolType,
    EnumType,
    FlagsType,
    IntType,
    OptionalType,
    RecordType,
    WordType,
)
from mmu_smt.syntax.source import Span

# A site that does not depend on how statements are numbered: ids as `KIND NAME#n`, the n-th of that declaration; turns as they are.
PortableSite: TypeAlias = tuple[int | str, ...]

_TYPES = (BoolType, IntType, WordType, EnumType, FlagsType, RecordType, ArrayType, OptionalType)
_NOT_OF_DISPLAY = frozenset({"doc", "show", "src_file", "src_function", "link"})  # the others decide what is searched and shown
_NOT_OF_PROPERTY = frozenset({"configs", "display"})  # whether it applies is decided before


@dataclass(frozen=True, slots=True)
class _Part:
    """A declaration, digested. `uses`: what it refers to, as `fn NAME` or `event NAME`; `ids`: of its statements and calls, in order."""

    digest: bytes
    uses: frozenset[str]
    ids: tuple[int, ...]


class Fingerprints:
    """The digests of one program."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._known: dict[int, _Part] = {}

    def of(self, config: Config, judged: Iterable[Property]) -> str:
        """The digest (hex) of a check of these properties, in this order, under a config. The config's name plays no role."""
        program = self._program
        roots: list[object] = [
            *program.consts.values(),
            *program.states.values(),
            *program.ghosts.values(),
            *program.assumptions,
            *program.inits,
            *program.terminal,
            *enabled_steps(program, config),
            *config.assumptions,
            *config.enables,
            *judged,
        ]
        digest = sha256(repr((sorted(program.params.items()), program.rules)).encode())
        waiting: set[str] = set()
        for root in roots:
            part = self._part(root)
            digest.update(part.digest)
            waiting |= part.uses
        seen: dict[str, bytes] = {}
        while waiting:
            name = waiting.pop()
            part = self._part(self._named[name])
            seen[name] = part.digest
            waiting |= part.uses - seen.keys()
        for name in sorted(seen):
            digest.update(name.encode() + b"=" + seen[name])
        return digest.hexdigest()

    def portable(self, site: Site) -> PortableSite:
        """A site in names that survive edits elsewhere."""
        return tuple(self._name_of[i] if i >= 0 else i for i in site)

    def site(self, portable: PortableSite) -> Site:
        """The inverse of `portable`. Raises KeyError for what this program does not have."""
        return tuple(self._id_of[part] if isinstance(part, str) else part for part in portable)

    @cached_property
    def _named(self) -> Mapping[str, object]:
        program = self._program
        functions = {f"fn {name}": f for name, f in program.functions.items()}
        return {**functions, **{f"event {name}": e for name, e in program.events.items()}}

    @cached_property
    def _name_of(self) -> Mapping[int, str]:
        bodies = {**{f"fn {n}": f for n, f in self._program.functions.items()}, **{f"step {n}": s for n, s in self._program.steps.items()}}
        return {i: f"{name}#{n}" for name, body in bodies.items() for n, i in enumerate(self._part(body).ids)}

    @cached_property
    def _id_of(self) -> Mapping[str, int]:
        return {name: i for i, name in self._name_of.items()}

    def _part(self, root: object) -> _Part:
        key = id(root)  # the program keeps its declarations alive
        if key not in self._known:
            self._known[key] = _digest(root)
        return self._known[key]


def _digest(root: object) -> _Part:
    """Digest a declaration by a walk over its records, without recursion."""
    digest = sha256()
    uses: set[str] = set()
    ids: list[int] = []
    locals_: dict[Local, int] = {}
    stack: list[object] = [root]
    while stack:
        item = stack.pop()
        if item is None or isinstance(item, (bool, int, str, Enum, *_TYPES)):
            digest.update(f"{item!r};".encode())
        elif isinstance(item, (tuple, frozenset)):
            parts = list(item) if isinstance(item, tuple) else sorted(item)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
            digest.update(b"(%d;" % len(parts))  # pyright: ignore[reportUnknownArgumentType]
            stack.extend(reversed(parts))  # pyright: ignore[reportUnknownArgumentType]
        elif isinstance(item, Local):
            new = item not in locals_
            number = locals_.setdefault(item, len(locals_))
            digest.update(b"local %d;" % number)
            if new:
                stack.extend((item.type, item.name))
        else:
            assert is_dataclass(item), f"no digest for {item!r}"
            match item:
                case Call(function=function) | CallStatement(function=function):
                    uses.add(f"fn {function}")
                    ids.append(item.id)
                case Decides(handler=handler):
                    uses.add(f"fn {handler}")
                case EventUse(name=name):
                    uses.add(f"event {name}")
                case Statement():
                    ids.append(item.id)
                case _:
                    pass
            digest.update(f"{type(item).__name__}(".encode())
            stack.extend(getattr(item, name) for name in reversed(_fields(item)))
    return _Part(digest.digest(), frozenset(uses), tuple(ids))


def _fields(item: object) -> tuple[str, ...]:
    """The fields of a record that bear on its meaning."""
    names = tuple(f.name for f in fields(cast(Any, item)))
    match item:
        case Display():
            return tuple(n for n in names if n not in _NOT_OF_DISPLAY)
        case Property():
            return tuple(n for n in names if n not in _NOT_OF_PROPERTY and n != "span")
        case Call() | Statement():
            return tuple(n for n in names if n not in ("id", "span"))
        case Function() | Step():
            return tuple(n for n in names if n not in ("display", "span"))
        case _:
            return tuple(n for n in names if not isinstance(getattr(item, n), Span))
