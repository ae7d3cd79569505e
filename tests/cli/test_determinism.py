"""The same question under the same version has the same answer: verdict, trace, solver units and certificate, byte for byte."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

MODEL = Path(__file__).resolve().parents[2] / "benchmarks" / "wpf" / "wpf.mmu"
TOOL = str(Path(sys.executable).with_name("mmu-smt"))
SIZES = ["-D", "GFNS=2", "-D", "VCPUS=1", "-D", "BUDGET=2"]


@pytest.mark.parametrize(("variant", "code"), [("old", 1), ("fixed", 0)])
def test_neither_hash_seed_nor_process_matters(variant: str, code: int, tmp_path: Path) -> None:
    answers: list[Any] = []
    folders: list[dict[str, bytes]] = []
    for seed in ("1", "77"):
        folder = tmp_path / seed
        command = [TOOL, "check", f"{MODEL}:{variant}", "-c", "scheduled", "-p", "live", *SIZES]
        done = subprocess.run(
            [*command, "--json", "--cert", str(folder)],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=False,
        )
        assert done.returncode == code, done.stderr
        answers.append(_without_seconds(json.loads(done.stdout)))
        folders.append({p.name: p.read_bytes() for p in folder.iterdir()} if folder.exists() else {})
    assert answers[0] == answers[1]
    assert folders[0] == folders[1]
    assert folders[0]


def _without_seconds(document: Any) -> Any:
    if isinstance(document, dict):
        kept = {k: _without_seconds(v) for k, v in document.items() if "seconds" not in k}
        return {k: v for k, v in kept.items() if k != "folder"}
    return [_without_seconds(d) for d in document] if isinstance(document, list) else document
