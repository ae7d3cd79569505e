"""Rules of the repository that no other tool checks."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "mmu_smt"
PYTHON = sorted(PACKAGE.rglob("*.py"))
KERNEL_WORDS = frozenset({"gfn", "gfns", "gpa", "gva", "spte", "sptes", "npt", "ept", "tdp", "unprotect", "unprotected", "shadow", "vcpu"})
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
CODE = re.compile(r"\bMS\d{3}\b")


def words(line: str) -> set[str]:
    """The words of a line of source, lower case; identifiers are split at underscores and capitals."""
    return {match.group().lower() for match in WORD.finditer(line)}


def kernel_words(line: str) -> set[str]:
    """What a line says of kernels. `kvm` is an actor's name beside the other actors, where a step is declared, or as a string."""
    found = words(line)
    offending = found & KERNEL_WORDS
    if "kvm" in found and "guest" not in found and not ('"kvm"' in line or "by kvm" in line):
        offending.add("kvm")
    return offending


@pytest.mark.parametrize(
    ("line", "offending"),
    [
        ("    shadow_pages = 3", {"shadow"}),
        ("def unprotectGfn(x): ...", {"unprotect", "gfn"}),
        ("ACTORS = ('guest', 'kvm', 'env')", set()),
        ('case "kvm":', set()),
        ("step f() by kvm { }", set()),
        ("the fault handler of KVM", {"kvm"}),
        ("inputs and shadowing", set()),
    ],
)
def test_kernel_words_are_recognised(line: str, offending: set[str]) -> None:
    assert kernel_words(line) == offending


def test_python_knows_no_kernel_words() -> None:
    # The command's help may name the product's subject; nothing else may.
    found = [
        f"{path.relative_to(ROOT)}:{number}: {', '.join(sorted(offending))}"
        for path in PYTHON
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if (offending := kernel_words(line)) and not (offending == {"kvm"} and path.parent.name == "cli")
    ]
    assert not found, "kernel facts belong into spec/:\n" + "\n".join(found)


def catalogue_codes() -> set[str]:
    from mmu_smt.syntax.codes import CATALOGUE

    return set(CATALOGUE)


def codes_in(paths: list[Path]) -> set[str]:
    return {code for path in paths for code in CODE.findall(path.read_text(encoding="utf-8"))}


def test_every_code_is_used_and_every_used_code_is_explained() -> None:
    used = codes_in([path for path in PYTHON if not path.name.startswith("codes")])
    catalogue = catalogue_codes()
    assert catalogue - used == set(), "explained, but never reported"
    assert used - catalogue == set(), "reported, but not explained"


def commands() -> set[str]:
    """Names of the commands, from the functions decorated with `….command`."""
    names: set[str] = set()
    for path in sorted((PACKAGE / "cli").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == "app.command":
                names |= {str(k.value.value) for k in node.value.keywords if k.arg == "name" and isinstance(k.value, ast.Constant)}
            if not isinstance(node, ast.FunctionDef):
                continue
            for decorator in node.decorator_list:
                call = decorator if isinstance(decorator, ast.Call) else None
                target = call.func if call else decorator
                if isinstance(target, ast.Attribute) and target.attr == "command":
                    named = [
                        k.value.value for k in (call.keywords if call else []) if k.arg == "name" and isinstance(k.value, ast.Constant)
                    ]
                    name = str(named[0]) if named else node.name.strip("_").replace("_", "-")
                    group = target.value.id if isinstance(target.value, ast.Name) else "app"
                    names |= {name} if group == "app" else {group, f"{group} {name}"}
    return names


def test_documentation_mentions_every_command() -> None:
    found = commands()
    assert {"check", "test", "fmt", "explain"} <= found
    text = "\n".join(path.read_text(encoding="utf-8") for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))])
    assert [name for name in sorted(found) if f"mmu-smt {name}" not in text] == []


def test_documentation_names_only_existing_commands() -> None:
    found = commands()
    for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for name in re.findall(r"(?:`|\$ )mmu-smt ([a-z]+)", path.read_text(encoding="utf-8")):
            assert name in found, f"{path.name}: mmu-smt {name}"


def test_documentation_links_lead_somewhere() -> None:
    broken: list[str] = []
    for path in [*ROOT.glob("*.md"), *sorted((ROOT / "docs").rglob("*.md"))]:
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
            if not target.startswith(("http://", "https://", "mailto:")) and not (path.parent / target).exists():
                broken.append(f"{path.relative_to(ROOT)}: {target}")
    assert not broken


def proof_scripts() -> list[Path]:
    return [script for script in sorted((ROOT / "proofs").glob("*.py")) if script.name != "claim.py"]


def test_every_proof_states_its_claim_first() -> None:
    for script in proof_scripts():
        head = script.read_text(encoding="utf-8").splitlines()[:5]
        assert any(re.search(r"\bClaim: \S", line) for line in head), f"{script.name} does not begin with its claim"


def test_proofs_use_the_public_api_only() -> None:
    for script in sorted((ROOT / "proofs").glob("*.py")):
        for node in ast.walk(ast.parse(script.read_text(encoding="utf-8"))):
            modules = (
                [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else [a.name for a in node.names]
                if isinstance(node, ast.Import)
                else []
            )
            for module in modules:
                assert module == "mmu_smt" or not module.startswith("mmu_smt"), f"{script.name} imports {module}"


def test_modules_stay_readable() -> None:
    long = {
        str(p.relative_to(ROOT)): n
        for p in PYTHON
        if not p.name.startswith("codes") and (n := len(p.read_text(encoding="utf-8").splitlines())) > 600
    }
    assert not long


def test_development_tools_are_pinned() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for requirement in [*project["dependencies"], *project["optional-dependencies"]["dev"]]:
        assert re.fullmatch(r"[\w.-]+==[\w.]+", requirement), requirement


def test_the_repository_uses_its_own_specifications() -> None:
    # An editable install also puts a copy beside its metadata, which must never be read.
    from mmu_smt.semantics.specs import spec_root

    assert spec_root().resolve() == ROOT / "spec"
