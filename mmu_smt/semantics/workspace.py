"""A specification as the user names it: its files read and parsed, its variants checked on demand."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path, PurePath

from mmu_smt.semantics.checker import STATE_EXPRESSION, STEP_EXPRESSION, Editable, Identity, check_program, typed_expression
from mmu_smt.semantics.claims import Claim, check_claims
from mmu_smt.semantics.expectations import check_expectations
from mmu_smt.semantics.findings import Findings, TooManyFindings
from mmu_smt.semantics.matrices import Matrix, check_matrices
from mmu_smt.semantics.names import Kind, Symbol, did_you_mean
from mmu_smt.semantics.program import Expectation, Program, TExpr
from mmu_smt.semantics.specs import SUFFIX, bundled_files, find_variant, is_there, spec_root
from mmu_smt.semantics.universe import Universe
from mmu_smt.semantics.variants import assemble, chain_of, collect_variants
from mmu_smt.syntax import nodes
from mmu_smt.syntax.diagnostics import Diagnostic, Note, Severity, SpecError, sort_key
from mmu_smt.syntax.parser import parse, parse_expression, read_source
from mmu_smt.syntax.source import SourceFile, Span


@dataclass(frozen=True, slots=True)
class VariantInfo:
    """What a variant says about itself. `of` names the variant that it changes, None for the modules alone."""

    name: str
    of: str | None
    subject: str | None
    link: str | None
    doc: str | None
    span: Span = field(repr=False)


@dataclass(frozen=True, slots=True)
class Body:
    """A function, handler or step: its whole declaration without `override`, and the variant that declares it (None: a module)."""

    span: Span = field(repr=False)
    variant: str | None
    doc: str | None = None
    is_handler: bool = False


class Workspace:
    """The target file with everything that it imports.

    `target`: what the user named. `selected`: the variant that was named, None where a file was. `files`: every source text, imported ones
    before those that import them, the target last. `variants`: all that are visible, in that order. `own_variants`: those that the target
    file declares. `warnings`: findings that do not stand in the way.
    """

    def __init__(self, target: str, selected: str | None, modules: tuple[nodes.Module, ...], warnings: tuple[Diagnostic, ...] = ()) -> None:
        self.target = target
        self.selected = selected
        self.files = tuple(m.source for m in modules)
        self.warnings = warnings
        self._modules = modules
        self._declared = collect_variants(modules)
        self._programs: dict[tuple[str | None, tuple[tuple[str, int], ...]], Program] = {}
        self._symbols: dict[str | None, Mapping[str, Symbol]] = {}
        self._expectations: tuple[Expectation, ...] | None = None
        self._matrices: tuple[Matrix, ...] | None = None
        self.variants: Mapping[str, VariantInfo] = {name: _info(d) for name, d in self._declared.items()}
        self.own_variants = tuple(collect_variants(modules[-1:]))

    @classmethod
    def load(cls, target: str | Path, *, overlay: Mapping[str, str] | None = None) -> Workspace:
        """Read a file, or the file of a variant, and all that it imports.

        A target with a path separator or the ending `.mmu` is a file; otherwise NAME.mmu is looked for in the current folder and among the
        bundled specifications. `overlay` maps file names to texts that are taken instead of the files'. Raises SpecError with everything
        that cannot be read or parsed.
        """
        name = str(target)
        path = Path(name)
        files = _Overlay(overlay or {})
        names_a_file = path.suffix == SUFFIX or any(separator in name for separator in ("/", os.sep))
        found = None if names_a_file else find_variant(name)
        if found is None and name and _is_folder(path):
            raise SpecError([Diagnostic("MS508", f"`{name}` is a folder, not a file", None, _files_in(path))])
        if names_a_file:
            if not files.has(path):
                raise SpecError([Diagnostic("MS508", f"there is no file `{name}`", None, _similar_files(path))])
            return cls._read(name, None, path, files)
        if found is None:
            hint = did_you_mean(name, (p.stem for p in bundled_files()))
            message = f"`{name}` is no file (its name would end in {SUFFIX}) and no known variant{hint}"
            raise SpecError([Diagnostic("MS508", message, None)])
        return cls._read(name, name, found, files)

    @classmethod
    def from_text(cls, text: str, name: str = "spec.mmu", *, overlay: Mapping[str, str] | None = None) -> Workspace:
        """A specification given as text; imports are resolved as if it were a file of that name. Raises SpecError as `load` does."""
        return cls._read(name, None, Path(name), _Overlay({**(overlay or {}), name: text}))

    @classmethod
    def _read(cls, target: str, selected: str | None, path: Path, files: _Overlay) -> Workspace:
        loader = _Loader(path, files)
        modules = loader.load()
        problems = sorted(loader.problems, key=sort_key)
        errors = [d for d in problems if d.severity is Severity.ERROR]
        if errors:
            raise SpecError(errors)
        workspace = cls(target, None, modules, tuple(problems))
        if selected in workspace.own_variants:
            workspace.selected = selected
        return workspace

    def program(self, variant: str | None, params: Mapping[str, int] | None = None) -> Program:
        """The checked program of a variant (None: the modules alone). `params` replace the values that the text gives to params.

        Raises SpecError with everything that is wrong.
        """
        given = dict(params or {})
        key = (variant, tuple(sorted(given.items())))
        if key not in self._programs:
            self._programs[key] = self._check(variant, given)
        return self._programs[key]

    def _check(self, variant: str | None, given: Mapping[str, int]) -> Program:
        if variant is not None and variant not in self._declared:
            known = did_you_mean(variant, self._declared)
            raise SpecError([Diagnostic("MS507", f"`{self.target}` has no variant `{variant}`{known}", None)])
        findings = Findings()
        last = None if variant is None else self._declared[variant]
        try:
            program = self._checked(variant, given, findings)
        except TooManyFindings:
            program = None
        if program is None:
            raise SpecError(findings.diagnostics(variant=variant, home=None if last is None else last.span))
        return program

    @property
    def module_name(self) -> str | None:
        """The name under which the target file can be imported, as it says itself; None where it does not."""
        name = self._modules[-1].name
        return None if name is None else name.text

    def extended(self, source: SourceFile) -> Workspace:
        """The same files and one more, which comes last and imports nothing. Raises SpecError where it cannot be parsed."""
        module, problems = parse(source)
        errors = [d for d in problems if d.severity is Severity.ERROR]
        if module is None or errors:
            raise SpecError(errors)
        return Workspace(self.target, self.selected, (*self._modules, module), self.warnings)

    def functions(self, variant: str | None) -> Mapping[str, nodes.FunctionDecl]:
        """The declarations of a variant's functions and handlers, as its last override has them, by name."""
        declared = ((name, s.declaration) for name, s in self._symbols_of(variant).items())
        return {name: d for name, d in declared if isinstance(d, nodes.FunctionDecl)}

    def expression(self, program: Program, text: str, params: Mapping[str, int] | None = None) -> tuple[TExpr, bool]:
        """An expression over the names of a program of this workspace, and whether it is about a transition (else about a state).

        `params`: as the program was made with. Raises SpecError where the text is no expression, or one with an effect.
        """
        node, problems = parse_expression(SourceFile("EXPR", text))
        if node is None:
            raise SpecError(problems)
        last = Findings()
        for where, of_step in ((STATE_EXPRESSION, False), (STEP_EXPRESSION, True)):
            ignored, last = Findings(limit=None), Findings()
            assembly = assemble(self._modules, self._chain(program.variant, ignored), ignored)
            universe = Universe(assembly, dict(params or {}), last)
            typed = typed_expression(universe, node, where, program.functions)
            if typed is not None and not len(last):
                return typed, of_step
        raise SpecError(last.diagnostics())

    def _checked(self, variant: str | None, given: Mapping[str, int], findings: Findings) -> Program | None:
        chain = self._chain(variant, findings)
        assembly = assemble(self._modules, chain, findings)
        names = [s.name for s in assembly.symbols.values() if s.kind is Kind.PARAM]
        for name in sorted(set(given) - set(names)):
            findings.error("MS506", f"there is no param `{name}`{did_you_mean(name, names)}", None)
        last = chain[-1] if chain else None
        link = None if last is None else next((a.text for a in last.annotations if a.kind == "link"), None)
        identity = Identity(variant, None if last is None else last.subject, link, self._digest(given))
        return check_program(assembly, identity, given, self.files[-1], findings)

    def editable(self, variant: str | None, params: Mapping[str, int] | None = None) -> Editable:
        """The checked program of a variant, for trying changes of its functions. Raises SpecError as `program` does."""
        given = dict(params or {})
        program = self.program(variant, given)
        ignored = Findings(limit=None)  # `program` has found nothing
        assembly = assemble(self._modules, self._chain(variant, ignored), ignored)
        return Editable(assembly, Identity(variant, program.subject, program.link, program.digest), given, self.files[-1])

    @property
    def module(self) -> tuple[str, Path]:
        """How another file imports the target, and a folder in which such a file finds it.

        Imports are looked for in the folder of the file that was named, and then in the bundled specification.
        """
        path, name = Path(self._modules[-1].source.name), self._modules[-1].name
        parts = (path.stem,) if name is None else tuple(name.text.split("."))
        inside = path.with_suffix("").parts[-len(parts) :] == parts
        return ".".join(parts), Path(*path.parts[: -len(parts)]) if inside else path.parent

    def _chain(self, variant: str | None, findings: Findings) -> tuple[nodes.VariantDecl, ...]:
        return () if variant is None else chain_of(self._declared, variant, findings)

    def _digest(self, given: Mapping[str, int]) -> str:
        digest = sha256()
        for source in self.files:
            text = source.text.encode("utf-8", "surrogatepass")
            digest.update(b"%d:" % len(text) + text)
        for name, value in sorted(given.items()):
            digest.update(f"{name}={value};".encode())
        return digest.hexdigest()

    def bodies(self, variant: str | None) -> Mapping[str, Body]:
        """The functions, handlers and steps of a variant, by name: where each is declared. Raises SpecError as `program` does."""
        self.program(variant)
        return {
            name: Body(symbol.declaration.span, symbol.variant, symbol.declaration.doc, _is_handler(symbol.declaration))
            for name, symbol in self._symbols_of(variant).items()
            if isinstance(symbol.declaration, nodes.FunctionDecl | nodes.StepDecl)
        }

    def expectations(self, variant: str | None) -> tuple[Expectation, ...]:
        """The expectations about a variant, in all files. Raises SpecError where any `expect` block of any variant is wrong."""
        if self._expectations is None:
            findings = Findings()
            blocks = [d for m in self._modules for d in m.declarations if isinstance(d, nodes.ExpectDecl)]
            try:
                checked = check_expectations(blocks, self._declared, self._symbols_of, findings)
            except TooManyFindings:
                checked = ()
            if len(findings):
                raise SpecError(findings.diagnostics())
            self._expectations = checked
        return tuple(e for e in self._expectations if e.variant == variant)

    def matrices(self) -> tuple[Matrix, ...]:
        """The matrices that the target file itself declares, in order. Raises SpecError where one is wrong."""
        if self._matrices is None:
            findings = Findings()
            declarations = [d for d in self._modules[-1].declarations if isinstance(d, nodes.MatrixDecl)]
            try:
                checked = check_matrices(declarations, self._declared, self._symbols_of, findings)
            except TooManyFindings:
                checked = ()
            if len(findings):
                raise SpecError(findings.diagnostics())
            self._matrices = checked
        return self._matrices

    def claims(self) -> tuple[Claim, ...]:
        """The claims of all files, in order. Raises SpecError where one is wrong."""
        findings = Findings()
        declared = [d for m in self._modules for d in m.declarations if isinstance(d, nodes.ClaimDecl)]
        try:
            checked = check_claims(declared, self._declared, self._symbols_of, findings)
        except TooManyFindings:
            checked = ()
        if len(findings):
            raise SpecError(findings.diagnostics())
        return checked

    def _symbols_of(self, variant: str | None) -> Mapping[str, Symbol]:
        if variant not in self._symbols:
            ignored = Findings(limit=None)  # `program` reports what is wrong with the declarations themselves
            self._symbols[variant] = assemble(self._modules, self._chain(variant, ignored), ignored).symbols
        return self._symbols[variant]


def _is_handler(declaration: nodes.Decl) -> bool:
    return isinstance(declaration, nodes.FunctionDecl) and declaration.is_handler


def _info(declaration: nodes.VariantDecl) -> VariantInfo:
    return VariantInfo(
        name=declaration.name.text,
        of=None if declaration.of is None else declaration.of.text,
        subject=declaration.subject,
        link=next((a.text for a in declaration.annotations if a.kind == "link"), None),
        doc=declaration.doc,
        span=declaration.name.span,
    )


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # a name that no file system takes
        return False


def _files_in(folder: Path) -> tuple[Note, ...]:
    """Some of the specifications that somebody who names a folder may have meant."""
    try:
        found = sorted(str(path) for path in folder.glob(f"*{SUFFIX}"))
    except OSError:
        found = []
    return (Note(f"specifications in it: {', '.join(found[:5])}{', …' if len(found) > 5 else ''}"),) if found else ()


def _similar_files(path: Path) -> tuple[Note, ...]:
    try:
        names = [p.name for p in path.parent.iterdir() if p.suffix == SUFFIX]
    except OSError:
        return ()
    hint = did_you_mean(path.name, names)
    return (Note(hint.removeprefix("; ")),) if hint else ()


class _Overlay:
    """Texts that stand for files, by absolute path."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = {_absolute(name): text for name, text in texts.items()}

    def has(self, path: Path) -> bool:
        return _absolute(path) in self._texts or is_there(path)

    def read(self, path: Path, shown: str) -> SourceFile:
        """The text under a path. Raises SpecError where it cannot be read."""
        text = self._texts.get(_absolute(path))
        if text is not None:
            return SourceFile(shown, text)
        source = read_source(path)
        return source if source.name == shown else SourceFile(shown, source.text)


def _absolute(path: str | Path) -> str:
    return os.path.normpath(Path.cwd() / path)


class _Loader:
    """Reads a file and what it imports, each file once. `problems` receives what goes wrong."""

    def __init__(self, target: Path, files: _Overlay) -> None:
        self.target = target
        self.files = files
        self.problems: list[Diagnostic] = []
        self._roots = (target.parent, spec_root())
        self._known: dict[str, nodes.Module | None] = {}
        self._order: list[nodes.Module] = []

    def load(self) -> tuple[nodes.Module, ...]:
        """The parsed modules, imported ones first (depth first in the order of the imports), the target last."""
        main = self._parse(self.target)
        stack = [(main, list(main.imports) if main is not None else [])]
        while stack:
            module, waiting = stack[-1]
            if not waiting:
                stack.pop()
                if module is not None:
                    self._order.append(module)
                continue
            imported = self._import(waiting.pop(0))
            if imported is not None:
                stack.append((imported, list(imported.imports)))
        if main is not None:
            self._check_name(main, self.target)
        return tuple(self._order)

    def _parse(self, path: Path) -> nodes.Module | None:
        try:
            source = self.files.read(path, _shown(path))
        except SpecError as error:
            self.problems.extend(error.diagnostics)
            self._known[_absolute(path)] = None
            return None
        module, diagnostics = parse(source)
        self.problems.extend(diagnostics)
        self._known[_absolute(path)] = module
        return module

    def _import(self, name: nodes.Name) -> nodes.Module | None:
        """The module of an import, if it is read here for the first time."""
        relative = PurePath(*name.text.split(".")).with_suffix(SUFFIX)
        path = next((root / relative for root in self._roots if self.files.has(root / relative)), None)
        if path is None:
            places = " nor ".join(f"`{_shown(root / relative)}`" for root in self._roots)
            hint = did_you_mean(name.text, self._importable())
            self.problems.append(Diagnostic("MS111", f"there is no module `{name.text}`: neither {places}{hint}", name.span))
            return None
        if (key := _absolute(path)) in self._known:
            self._check_import(name, self._known[key])
            return None
        module = self._parse(path)
        self._check_import(name, module)
        return module

    def _importable(self) -> set[str]:
        root = spec_root()
        return {".".join(p.relative_to(root).with_suffix("").parts) for p in bundled_files()}

    def _check_import(self, name: nodes.Name, module: nodes.Module | None) -> None:
        if module is None or module.name is None or module.name.text == name.text:
            return
        message = f"this file is module `{module.name.text}`, but it is imported as `{name.text}`"
        self.problems.append(Diagnostic("MS112", message, name.span, (Note("named here", module.name.span),)))

    def _check_name(self, module: nodes.Module, path: Path) -> None:
        if module.name is None:
            return
        words = module.name.text.split(".")
        found = Path(_absolute(path)).with_suffix("").parts
        if tuple(words) != found[-len(words) :]:
            expected = "/".join(words) + SUFFIX
            message = f"module `{module.name.text}` belongs into a file `{expected}`, but this is `{path.name}`"
            self.problems.append(Diagnostic("MS112", message, module.name.span))


def _shown(path: Path) -> str:
    """A file's name as short as it can be: relative to the current folder where it lies below it."""
    if not path.is_absolute():
        return str(path)
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
