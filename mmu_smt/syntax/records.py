"""Records of which there are many kinds: the syntax tree's and the checked program's.

Behaves as `dataclass(frozen=True, slots=True, kw_only=True)` does, but no code is generated for a class: with a hundred classes that
would cost more than most checks. Here all records share one constructor, which looks its fields up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from typing import Any, TypeVar, cast, dataclass_transform

Kind = TypeVar("Kind")

# Sets a slot of an instance, past the refusal of `__setattr__`.
Store = Callable[[object, object], None]


@dataclass_transform(frozen_default=True, kw_only_default=True, eq_default=True, field_specifiers=(field,))
def record(kind: type[Kind]) -> type[Kind]:
    """A frozen class with slots and keyword-only fields. Equal: of one class, with equal fields, except those with `compare=False`."""
    made = _made(kind)
    compared = tuple(f.name for f in _fields(made) if f.compare)

    def equal(self: object, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return self is other or all(getattr(self, name) == getattr(other, name) for name in compared)

    def hashed(self: object) -> int:
        return hash(tuple(getattr(self, name) for name in compared))

    _define(made, __eq__=equal, __hash__=hashed)
    return made


@dataclass_transform(frozen_default=True, kw_only_default=True, eq_default=False, field_specifiers=(field,))
def identity_record(kind: type[Kind]) -> type[Kind]:
    """A frozen class with slots and keyword-only fields, compared by identity."""
    return _made(kind)


def _made(kind: type[Kind]) -> type[Kind]:
    if kind.__doc__ is None:
        kind.__doc__ = kind.__name__  # else `dataclass` works out a signature
    made = dataclass(slots=True, init=False, repr=False, eq=False, kw_only=True)(kind)
    stores = tuple((f.name, cast(Store, getattr(made, f.name).__set__)) for f in _fields(made))
    optional = tuple(f for f in _fields(made) if f.default is not MISSING or f.default_factory is not MISSING)

    def create(self: object, **given: object) -> None:
        if len(given) != len(stores):
            for default in optional:
                if default.name not in given:
                    given[default.name] = default.default if default.default_factory is MISSING else default.default_factory()
        if len(given) != len(stores):
            raise _misfit(made, given)
        try:
            for name, store in stores:
                store(self, given[name])
        except KeyError:
            raise _misfit(made, given) from None

    _define(made, __init__=create, __repr__=_shown, __setattr__=_refuse_set, __delattr__=_refuse_delete)
    return made


def _misfit(made: type, given: Mapping[str, object]) -> TypeError:
    names = {f.name for f in _fields(made)}
    unknown, missing = sorted(given.keys() - names), sorted(names - given.keys())
    return TypeError(f"{made.__name__}: unknown fields {unknown}" if unknown else f"{made.__name__}: missing fields {missing}")


def _fields(made: type) -> tuple[Field[Any], ...]:
    return fields(cast(Any, made))


def _define(made: type, **methods: object) -> None:
    for name, method in methods.items():
        setattr(made, name, method)


def _shown(self: object) -> str:
    shown = (f"{f.name}={getattr(self, f.name)!r}" for f in _fields(type(self)) if f.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _refuse_set(self: object, name: str, value: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_delete(self: object, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")
