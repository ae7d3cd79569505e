"""The wheel holds all that the command needs: built without a network, installed into a fresh environment, run from an empty folder."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MINE = """\
import series.v2_04

variant mine of v2_04 "always emulate" {
    override handler write_protect_fault(f: Fault) -> PfRet {
        return EMULATE
    }
}
"""


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    # Neither the repository nor the surrounding environment may help.
    env = {key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"}}
    return subprocess.run([str(part) for part in command], cwd=cwd, env=env, capture_output=True, text=True, timeout=240, check=False)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    done = run(
        sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT, cwd=folder
    )
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of scripts of an environment with the wheel; third-party packages are borrowed from this one."""
    folder = tmp_path_factory.mktemp("venv")
    assert run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder).returncode == 0
    python = folder / "bin" / "python"
    done = run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-index", "--no-deps", wheel, cwd=folder)
    assert done.returncode == 0, done.stderr
    (packages,) = folder.glob("lib/python3*/site-packages")
    # A path named in a .pth file comes after the environment's own packages, and .pth files in it (an editable install) are not read.
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return folder / "bin"


def test_wheel_holds_package_grammar_and_specifications(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert "mmu_smt/syntax/grammar.lark" in names
    assert {f"mmu_smt/report/page/page.{ending}" for ending in ("html", "css", "js")} <= names
    assert any(name.endswith("/licenses/LICENSE") for name in names)
    for spec in (ROOT / "spec").rglob("*.mmu"):
        assert f"mmu_smt/_spec/{spec.relative_to(ROOT / 'spec').as_posix()}" in names
    outside = {name for name in names if not name.startswith(("mmu_smt/", "mmu_smt-"))}
    assert not outside
    assert not any("__pycache__" in name for name in names)


def test_command_runs_from_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    assert list(tmp_path.iterdir()) == []
    version = run(installed / "mmu-smt", "--version", cwd=tmp_path)
    assert (version.returncode, version.stderr) == (0, "")
    where = run(installed / "python", "-c", "import mmu_smt; print(mmu_smt.__file__)", cwd=tmp_path)
    assert Path(where.stdout.strip()).is_relative_to(installed.parent)


def test_bundled_variant_is_found_by_name(installed: Path, tmp_path: Path) -> None:
    done = run(installed / "mmu-smt", "check", "v2_03", "-p", "retry_progress", "--no-color", cwd=tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "retry_progress" in done.stdout


def test_the_installed_command_writes_pages(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "n.mmu").write_text("state n: 0..1 = 0\nstep go() by guest { n = 1 - n }\ninvariant zero { n == 0 }\n", encoding="utf-8")
    done = run(installed / "mmu-smt", "check", "n.mmu", "--html", "page.html", "--no-color", cwd=tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Content-Security-Policy" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_users_variant_builds_on_the_bundled_specification(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.mmu").write_text(MINE, encoding="utf-8")
    done = run(installed / "mmu-smt", "check", "mine.mmu", "-p", "no_skipped_emulation_walk", "--no-color", cwd=tmp_path)
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    assert "no_skipped_emulation_walk" in done.stdout
