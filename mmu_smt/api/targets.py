"""What a user names, and what that stands for: files, variants, configs, properties, parameters."""

from __future__ import annotations

from difflib import get_close_matches
from hashlib import sha256
from typing import TYPE_CHECKING

from mmu_smt.semantics.program import EMPTY_CONFIG, Config, Program, Property, combine
from mmu_smt.syntax.diagnostics import Diagnostic, Note, SpecError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from mmu_smt.semantics.claims import Claim
    from mmu_smt.semantics.editing import Editor
    from mmu_smt.semantics.matrices import Matrix
    from mmu_smt.semantics.program import Expectation, TExpr
    from mmu_smt.semantics.workspace import Body, VariantInfo, Workspace


class Spec:
    """A loaded specification: a file with its imports, all parsed.

    `target` is what the user named. `variants` are those that it stands for, in order: the one named, else all that the file declares, else
    None alone, which is the system of the modules without any variant. `overlay`: texts that stood in for files.
    """

    def __init__(self, target: str, workspace: Workspace, variants: Sequence[str | None], overlay: Mapping[str, str] | None = None) -> None:
        self.target = target
        self.overlay = dict(overlay or {})
        self.variants = tuple(variants)
        self._workspace = workspace

    @property
    def all_variants(self) -> tuple[str, ...]:
        """Every variant that is visible, imported ones included."""
        return tuple(self._workspace.variants)

    def program(self, variant: str | None = None, params: Mapping[str, int] | None = None) -> Program:
        """The checked program of a variant (None: the modules alone), with sizes set by `params`. Raises SpecError."""
        if variant is not None and variant not in self._workspace.variants:
            raise unknown("MS507", "variant", variant, self._workspace.variants)
        return self._workspace.program(variant, dict(params or {}))

    @property
    def workspace(self) -> Workspace:
        """The files, parsed."""
        return self._workspace

    def matrices_with(self, variant: str | None) -> tuple[Matrix, ...]:
        """The matrices with a row for a variant: of the named file itself, and of the bundled ones where a bundled variant was named.

        Raises SpecError.
        """
        own = self._workspace.matrices()
        bundled: list[Matrix] = []
        if not is_file(split_target(self.target)[0]):
            from mmu_smt.semantics.specs import bundled_files
            from mmu_smt.semantics.workspace import Workspace

            for path in bundled_files():
                if b"matrix" in path.read_bytes():
                    bundled.extend(Workspace.load(path).matrices())
        return tuple(m for m in (*own, *bundled) if variant in m.rows)

    @property
    def files(self) -> tuple[str, ...]:
        """The names of all files, imported ones first."""
        return tuple(source.name for source in self._workspace.files)

    def declared(self, variant: str) -> VariantInfo:
        """What a visible variant says about itself. Raises SpecError (MS507)."""
        if variant not in self._workspace.variants:
            raise unknown("MS507", "variant", variant, self._workspace.variants)
        return self._workspace.variants[variant]

    def bodies(self, variant: str | None) -> Mapping[str, Body]:
        """The functions, handlers and steps of a variant, by name. Raises SpecError."""
        return self._workspace.bodies(variant)

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """Findings in the files that do not stand in the way."""
        return self._workspace.warnings

    @property
    def digest(self) -> str:
        """Of the texts of all files, imported ones included; their names play no role."""
        total = sha256()
        for source in self._workspace.files:
            total.update(sha256(source.text.encode()).digest())
        return total.hexdigest()

    def expectations(self) -> tuple[Expectation, ...]:
        """What the `expect` blocks of the named file itself say, in order. Raises SpecError."""
        own = self._workspace.files[-1]
        found = [e for variant in (*self.all_variants, None) for e in self._workspace.expectations(variant) if e.span.file is own]
        return tuple(sorted(found, key=lambda e: e.span.start))

    def claims(self) -> tuple[Claim, ...]:
        """The claims of the named file itself, in order. Raises SpecError."""
        own = self._workspace.files[-1]
        return tuple(c for c in self._workspace.claims() if c.span.file is own)

    def expression(self, program: Program, text: str, params: Mapping[str, int] | None = None) -> tuple[TExpr, bool]:
        """An expression over the names of a program of this specification, made with `params`, and whether it is about a transition.

        Raises SpecError.
        """
        return self._workspace.expression(program, text, params)

    def editor(self, variant: str | None = None, params: Mapping[str, int] | None = None) -> Editor:
        """The checked program of a variant, for trying changes of its functions. Raises SpecError as `program` does."""
        from mmu_smt.semantics.editing import Editor

        if variant is not None and variant not in self._workspace.variants:
            raise unknown("MS507", "variant", variant, self._workspace.variants)
        return Editor(self._workspace.editable(variant, params))

    @property
    def module(self) -> tuple[str, Path]:
        """How another file imports the one that was named, and the folder in which such a file can stand."""
        return self._workspace.module

    def __repr__(self) -> str:
        return f"Spec({self.target!r})"


def load(target: str, *, overlay: Mapping[str, str] | None = None) -> Spec:
    """Load `FILE`, `FILE:VARIANT` or `VARIANT`. `overlay` maps file names to text that stands in for their content. Raises SpecError."""
    from mmu_smt.semantics.workspace import Workspace

    name, variant = split_target(target)
    workspace = Workspace.load(name, overlay=overlay)
    if variant is None and not is_file(name):
        variant = name
    if variant is None:
        return Spec(target, workspace, workspace.own_variants or (None,), overlay)
    if variant not in workspace.variants:
        raise unknown("MS507", "variant", variant, workspace.variants)
    return Spec(target, workspace, (variant,), overlay)


def single_variant(spec: Spec) -> str | None:
    """The one variant that a target stands for. Raises SpecError (MS518) where there are several."""
    if len(spec.variants) > 1:
        listed = Note(f"variants: {', '.join(v for v in spec.variants if v is not None)}")
        raise SpecError((Diagnostic("MS518", f"{spec.target} stands for {len(spec.variants)} variants: name one", None, (listed,)),))
    return next(iter(spec.variants))


def is_file(name: str) -> bool:
    """True iff a target names a file, not a variant."""
    return name.endswith(".mmu") or "/" in name or "\\" in name


def split_target(target: str) -> tuple[str, str | None]:
    """`FILE:VARIANT` in its two parts; the variant is None where there is none."""
    name, colon, variant = target.rpartition(":")
    if colon and name.endswith(".mmu") and variant.isidentifier():
        return name, variant
    return target, None


def choose_config(program: Program, names: Sequence[str] | None) -> Config:
    """The named configs joined; without names the default config, or the empty one where none is declared. Raises SpecError (MS504)."""
    if names is None:
        return program.configs[program.default_config] if program.default_config is not None else EMPTY_CONFIG
    for name in names:
        if name not in program.configs:
            raise unknown("MS504", "config", name, program.configs)
    return combine(tuple(program.configs[name] for name in dict.fromkeys(names)))


def choose_properties(program: Program, names: Sequence[str] | None) -> tuple[Property, ...]:
    """The named properties in the program's order, or all. Raises SpecError (MS503)."""
    if names is None:
        return tuple(program.properties.values())
    for name in names:
        if name not in program.properties:
            raise unknown("MS503", "property", name, program.properties)
    return tuple(p for p in program.properties.values() if p.name in names)


def inapplicable(judged: Property, config: Config) -> str:
    """Why a property is not judged here, in a few words; empty where it is."""
    if not judged.applies:
        return "no return carries " + " or ".join(sorted(judged.rules))
    if judged.configs and not judged.configs & config.includes:
        return "only in " + ", ".join(sorted(judged.configs))
    return ""


def unknown(code: str, what: str, name: str, known: Iterable[str]) -> SpecError:
    """The error for a name that does not exist, with the nearest one and the list of those that do."""
    names = list(known)
    near = get_close_matches(name, names, 5)
    nearest = max(near, key=lambda other: sum(a == b for a, b in zip(name, other, strict=False)), default=None)
    hint = "" if nearest is None else f"; did you mean `{nearest}`?"
    plural = what[:-1] + "ies" if what.endswith("y") else what + "s"
    listed = Note(f"{plural}: {', '.join(names)}" if names else f"there are no {plural}")
    return SpecError((Diagnostic(code, f"there is no {what} `{name}`{hint}", None, (listed,)),))


def config_sum(text: str) -> tuple[str, ...]:
    """The names in `a + b`."""
    return tuple(part.strip() for part in text.split("+"))


def as_spec(target: str | Path | Spec) -> Spec:
    """What was loaded, or is loaded now. Raises SpecError."""
    return target if isinstance(target, Spec) else load(str(target))


def joined_names(config: str | Sequence[str] | None) -> Sequence[str] | None:
    """The names in `a,b`; names that are given as such stay."""
    return config.split(",") if isinstance(config, str) else config
