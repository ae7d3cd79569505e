"""A variant with one function in the place of its own: checked at the cost of that function alone.

The rest of the program, its types and its names are those of the variant. What is made here is for trying things out; whatever is shown to
a user is loaded and checked as a whole from its text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from hashlib import sha256

from mmu_smt.semantics.checker import Editable
from mmu_smt.semantics.findings import Findings, TooManyFindings
from mmu_smt.semantics.program import Program
from mmu_smt.syntax import nodes
from mmu_smt.syntax.parser import parse
from mmu_smt.syntax.source import SourceFile


class Editor:
    """Makes programs that differ from a variant's in one function."""

    def __init__(self, editable: Editable) -> None:
        self.program = editable.program
        self._editable = editable

    @cached_property
    def declarations(self) -> Mapping[str, nodes.FunctionDecl]:
        """The functions and handlers, as trees with their text, in order of declaration."""
        symbols = self._editable.universe.symbols
        found = {name: symbols[name].declaration for name in self.program.functions}
        return {name: node for name, node in found.items() if isinstance(node, nodes.FunctionDecl)}

    @cached_property
    def steps(self) -> tuple[nodes.StepDecl, ...]:
        """The steps, as trees."""
        symbols = self._editable.universe.symbols
        return tuple(d for d in (symbols[name].declaration for name in self.program.steps) if isinstance(d, nodes.StepDecl))

    def with_function(self, text: str) -> Program | None:
        """The variant with the function or handler that `text` declares instead of its own of that name; None where that is in error.

        Its parameters must be those of the function that it replaces.
        """
        module, _ = parse(SourceFile("edited function", text))
        if module is None or len(module.declarations) != 1:
            return None
        (declaration,) = module.declarations
        if not isinstance(declaration, nodes.FunctionDecl):
            return None
        findings = Findings(limit=1)
        try:
            checked = self._editable.functions_with(declaration, findings)
        except TooManyFindings:
            return None
        if checked is None:
            return None
        functions, properties = checked
        digest = sha256(f"{self.program.digest}\0{declaration.name.text}\0{text}".encode()).hexdigest()
        return replace(self.program, functions=functions, properties=properties, digest=digest)
