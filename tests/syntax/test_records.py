from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError, field, fields, replace

import pytest

from mmu_smt.syntax.records import identity_record, record


@record
class Base:
    place: int = field(compare=False, repr=False)
    notes: tuple[str, ...] = field(default_factory=tuple)


@record
class Leaf(Base):
    name: str


@record
class Other(Base):
    name: str


@identity_record
class Thing:
    name: str
    size: int = 1


def test_equal_but_for_what_is_left_out() -> None:
    leaf = Leaf(place=1, name="a")
    assert leaf == Leaf(place=2, name="a")
    assert hash(leaf) == hash(Leaf(place=2, name="a"))
    assert leaf != Leaf(place=1, name="b")
    assert leaf != Leaf(place=1, name="a", notes=("x",))
    assert leaf != Other(place=1, name="a")


def test_identity() -> None:
    thing = Thing(name="a")
    assert thing == thing
    assert thing != Thing(name="a")
    assert len({thing, Thing(name="a")}) == 2


def test_frozen_with_slots() -> None:
    leaf = Leaf(place=1, name="a")
    with pytest.raises(FrozenInstanceError):
        leaf.name = "b"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del leaf.name
    assert not hasattr(leaf, "__dict__")


def test_a_dataclass_to_everybody_else() -> None:
    leaf = Leaf(place=1, name="a")
    assert [f.name for f in fields(leaf)] == ["place", "notes", "name"]
    assert replace(leaf, name="b") == Leaf(place=1, name="b")
    assert repr(leaf) == "Leaf(notes=(), name='a')"
    match leaf:
        case Leaf(name=name):
            assert name == "a"


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda: Thing(), "name"),  # type: ignore[call-arg]
        (lambda: Thing(size=1), "name"),  # type: ignore[call-arg]
        (lambda: Thing(name="a", colour=1), "colour"),  # type: ignore[call-arg]
        (lambda: Thing(name="a", size=2, colour=1), "colour"),  # type: ignore[call-arg]
        (lambda: Thing("a"), "positional"),  # type: ignore[misc]
    ],
)
def test_wrong_fields(make: Callable[[], Thing], word: str) -> None:
    with pytest.raises(TypeError, match=word):
        make()
