"""The inputs of a transition: which step is taken, with which arguments, and what every `choose` gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mmu_smt.model.statements import code_width
from mmu_smt.model.symbolic import SVal, decode, domain, flatten, make_variable
from mmu_smt.model.table import TermTable
from mmu_smt.model.term import Term
from mmu_smt.semantics.program import Local, Site, Step
from mmu_smt.semantics.types import Type, Value, default_value, type_name

SELECTOR = "?step"


@dataclass(frozen=True, slots=True)
class Input:
    """One input by name and type, as variables."""

    name: str
    type: Type
    value: SVal = field(repr=False)


class Inputs:
    """Makes the inputs of a system. Parameters of different steps share variables where their types agree.

    `steps`: how many there are to select from. `partner`: the inputs of another program over the same steps. Parameters are shared with
    it; the n-th `choose` of one name and type in a step has the variable of the partner's n-th, where there is one.
    """

    def __init__(self, table: TermTable, steps: int, partner: Inputs | None = None) -> None:
        self._table = table
        self._steps = steps
        self._partner = partner
        self.selector = table.var(SELECTOR, code_width(max(1, steps)))
        self._shared: dict[tuple[Type, int], Input] = {} if partner is None else partner._shared
        self._chosen: dict[tuple[str, Site], Input] = {}

    def selected(self, index: int) -> Term:
        """The selector picks this alternative; the only one always is."""
        if self._steps == 1:
            return self._table.true
        return self._table.eq(self.selector, self._table.const(index, self.selector.width))

    def parameters(self, step: Step) -> tuple[Input, ...]:
        """The inputs for a step's arguments."""
        used: dict[Type, int] = {}
        result: list[Input] = []
        for local in step.params:
            number = used.get(local.type, 0)
            used[local.type] = number + 1
            key = (local.type, number)
            if key not in self._shared:
                self._shared[key] = self._make(f"?{len(self._shared)}:{type_name(local.type)}", local.type)
            result.append(self._shared[key])
        return tuple(result)

    def choice(self, step: str, site: Site, local: Local) -> SVal:
        """The input for one occurrence of `choose`."""
        key = (step, site)
        if key not in self._chosen:
            name = f"?{step}.{local.name}@{'.'.join(map(str, site))}"
            self._chosen[key] = self._counterpart(step, local) or self._make(name if self._partner is None else name + "~", local.type)
        return self._chosen[key].value

    def _counterpart(self, step: str, local: Local) -> Input | None:
        """The partner's input for a `choose` of the same name and type in this step that has no counterpart here yet."""
        if self._partner is None:
            return None
        used = {chosen.name for chosen in self._chosen.values()}
        prefix = f"?{step}.{local.name}@"
        alike = (i for i in self._partner.choices(step).values() if i.name.startswith(prefix) and i.type == local.type)
        return next((i for i in alike if i.name not in used), None)

    def _make(self, name: str, type: Type) -> Input:
        return Input(name, type, make_variable(self._table, name, type))

    def choices(self, step: str) -> Mapping[Site, Input]:
        """The inputs for every `choose` of a step."""
        return {site: chosen for (owner, site), chosen in self._chosen.items() if owner == step}

    def every(self) -> Iterator[Input]:
        """All inputs but the selector."""
        yield from self._shared.values()
        yield from self._chosen.values()

    def variables(self) -> tuple[Term, ...]:
        return (self.selector, *[leaf for i in self.every() for leaf in flatten(i.value)])

    def domain(self) -> Term:
        table, last = self._table, self._table.const(max(0, self._steps - 1), self.selector.width)
        return table.and_(table.ule(self.selector, last), *[domain(table, i.type, i.value) for i in self.every()])


def decoded(given: Input, codes: Mapping[str, int]) -> Value:
    """An input's value; the least where the codes leave it out."""
    try:
        return decode(given.type, given.name, codes)
    except KeyError:
        return default_value(given.type)
