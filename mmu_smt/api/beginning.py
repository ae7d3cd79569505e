"""A file to begin with: a new variant that overrides handlers of another one with their present text."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from mmu_smt.api import format_text, load
from mmu_smt.api.targets import single_variant, unknown
from mmu_smt.semantics.specs import SUFFIX, spec_root
from mmu_smt.semantics.workspace import Workspace
from mmu_smt.syntax.diagnostics import Diagnostic, Note, SpecError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mmu_smt.api.targets import Spec
    from mmu_smt.semantics.workspace import Body


@dataclass(frozen=True, slots=True)
class Beginning:
    """The text of a new file, the variant that it changes, and the names of what it overrides."""

    text: str
    of: str
    overrides: tuple[str, ...]


def begin(name: str, of: str, path: Path, overrides: Sequence[str] = ()) -> Beginning:
    """The text of a variant `name` of `of` (a variant, FILE or FILE:VARIANT), to be written to `path`.

    `overrides`: functions, handlers and steps to override; without any, the handlers that the nearest variant up the chain declares which
    declares one, else all. The text is in canonical layout, and checked: the variant has the verdicts of the other one. Raises SpecError
    for names that do not exist or cannot be used.
    """
    spec = load(of)
    base = single_variant(spec)
    if base is None:
        raise SpecError((Diagnostic("MS507", f"{of} declares no variant: name one", None, (_listed(spec),)),))
    bodies = spec.bodies(base)
    chosen = _chosen(spec, base, bodies, overrides)
    module = _module(Path(spec.declared(base).span.file.name), path)
    text = format_text(
        _text(name, base, module, [(bodies[n].doc, bodies[n].span.text) for n in chosen], _expectation(spec, base)), str(path)
    )
    Workspace.from_text(text, str(path)).program(name)
    return Beginning(text, base, chosen)


def _listed(spec: Spec) -> Note:
    return Note(f"variants: {', '.join(spec.all_variants)}")


def _chosen(spec: Spec, base: str, bodies: Mapping[str, Body], wanted: Sequence[str]) -> tuple[str, ...]:
    for name in wanted:
        if name not in bodies:
            raise unknown("MS113", "function", name, bodies)
    if wanted:
        return tuple(dict.fromkeys(wanted))
    handlers = {n: b for n, b in bodies.items() if b.is_handler}
    variant: str | None = base
    while variant is not None:
        own = tuple(n for n, b in handlers.items() if b.variant == variant)
        if own:
            return own
        variant = spec.declared(variant).of
    if not handlers:
        raise SpecError((Diagnostic("MS550", f"{base} has no handler: name what to override with --override", None),))
    return tuple(handlers)


def _module(base: Path, path: Path) -> str:
    """The name by which a file at `path` imports the file of the variant. Raises SpecError (MS550) where it cannot."""
    for root in (path.parent, spec_root()):
        relative = _below(base, root)
        if relative is not None and all(part.isidentifier() for part in relative.with_suffix("").parts):
            return ".".join(relative.with_suffix("").parts)
    folder = path.parent.resolve()
    raise SpecError((Diagnostic("MS550", f"{path.name} cannot import {base}: it does not lie below {folder}, nor is it bundled", None),))


def _below(file: Path, folder: Path) -> PurePath | None:
    resolved, root = file.resolve(), folder.resolve()
    return resolved.relative_to(root) if resolved.is_relative_to(root) and resolved.suffix == SUFFIX else None


def _expectation(spec: Spec, base: str) -> list[str]:
    """What may be expected of the new variant, to be filled in: what is expected of the other one, else an example."""
    program = spec.program(base)
    config = program.default_config or next(iter(program.configs), None)
    properties = [p for p in program.properties.values() if p.span is not None and p.condition is None] or list(program.properties.values())
    where = "" if config is None else f" in {config}"
    return [f"expect NAME{where} {{", *(f"    {p.name}: proved" for p in properties[:2]), "}"]


def _text(name: str, base: str, module: str, declarations: Sequence[tuple[str | None, str]], expected: Sequence[str]) -> str:
    lines = [f"import {module}", "", f'variant {name} of {base} "what it changes" {{']
    for number, (doc, text) in enumerate(declarations):
        if number:
            lines.append("")
        lines.extend(f"/// {row}" for row in (doc or "").splitlines())
        lines.append(f"override {text}")
    lines.extend(("}", "", "// What you expect of it; `mmu-smt test` compares.", *(f"// {row.replace('NAME', name)}" for row in expected)))
    return "\n".join(lines) + "\n"
