"""Every kind of query on random systems: what is exported, read by other tools, has the answer that explicit search gives, at its length.

The readers: the BTOR2 reader of this folder with Z3; Z3 on the SMT-LIB text; ABC on the AIGER file, which is independent from the first bit
to the last. ABC is a Debian package (`berkeley-abc`).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import z3

from mmu_smt.api.exporting import Format, machine_of
from mmu_smt.export.aiger import aiger
from mmu_smt.export.btor2 import btor2
from mmu_smt.export.smtlib import smtlib
from mmu_smt.model.system import ProgressQuery
from tests.engines.reference import answer
from tests.engines.test_random_systems import generate
from tests.export.btor2_reader import has_lasso, read, shortest

SEEDS = int(os.environ.get("MMU_SMT_SEEDS", "120"))
"""How many systems ABC is asked about; the slower readers get a third of them."""
CHUNK = 20
ABC = shutil.which("berkeley-abc") or shutil.which("yosys-abc")
FRAMES = 60
DEPTH = 6
"""How far the bounded readers look; what explicit search finds beyond is not asked of them."""


def cases(first: int):
    """Systems with their queries and what explicit search says: violated or reached in how many transitions, or None."""
    for seed in range(first, first + CHUNK):
        system, queries = generate(seed)
        wanted = answer(system, queries)
        for query in queries:
            if not (isinstance(query, ProgressQuery) and query.within == "least"):
                yield f"seed {seed}: {query.name}", system, query, wanted[query.name].length


@pytest.mark.parametrize("first", range(0, SEEDS // 3, CHUNK))
def test_btor2_read_back_has_the_same_answer(first: int) -> None:
    found = 0
    for name, system, query, length in cases(first):
        machine = machine_of(system, query, Format.BTOR2, None)
        file = read(btor2(machine))
        assert len(file.bads) + len(file.justice) == 1, name
        if file.justice:
            # The loop closes on all states here, and a guess costs a transition: what matters is whether there is one.
            if length is None or length <= 4:
                assert has_lasso(file, DEPTH) == (length is not None), name
        elif length is None or length <= DEPTH:
            at = shortest(file, DEPTH)
            assert (None if at is None else at + machine.lag) == length, name
        found += length is not None
    assert found > 2 * CHUNK


@pytest.mark.parametrize("first", range(0, SEEDS // 3, CHUNK))
def test_smtlib_has_the_same_answer_at_the_same_bound(first: int) -> None:
    found = 0
    for name, system, query, length in cases(first):
        most = DEPTH if length is None else length
        if most > DEPTH:
            continue
        machine = machine_of(system, query, Format.SMT2, most)
        assert _z3(smtlib(machine, most)) == (length is not None), name
        if length:
            assert not _z3(smtlib(machine, length - 1)), f"{name}: too short a run"
            found += 1
    assert found > CHUNK


def _z3(text: str) -> bool:
    solver = z3.SolverFor("QF_BV")
    solver.from_string(text)
    return solver.check() == z3.sat


@pytest.mark.skipif(ABC is None, reason="ABC is not installed (Debian: berkeley-abc)")
@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_abc_decides_the_aiger_file_alike(first: int, tmp_path: Path) -> None:
    """`pdr` for the verdict, `bmc3` for the length."""
    assert ABC is not None
    expected: list[tuple[str, int | None]] = []
    script: list[str] = []
    for i, (name, system, query, length) in enumerate(cases(first)):
        machine = machine_of(system, query, Format.AIGER, None)
        (tmp_path / f"{i}.aig").write_bytes(aiger(machine))
        expected.append((name, None if length is None else length - machine.lag))
        load = [f"read_aiger {i}.aig", "strash"]
        script += [f"echo pdr of {i}", *load, "pdr", f"echo bmc3 of {i}", *load, f"bmc3 -F {FRAMES}"]
    (tmp_path / "script").write_text("\n".join(script) + "\n", encoding="utf-8")
    done = subprocess.run([ABC, "-f", "script"], capture_output=True, text=True, timeout=280, check=False, cwd=tmp_path)
    _, *told = re.split(r"(?m)^(pdr|bmc3) of (\d+)\s*$", done.stdout)
    said = {(engine, int(number)): text for engine, number, text in zip(told[::3], told[1::3], told[2::3], strict=True)}
    assert len(said) == 2 * len(expected), done.stdout[-500:] + done.stderr[-500:]
    proved = found = 0
    for i, (name, frame) in enumerate(expected):
        assert (frame is None) == ("Property proved" in said["pdr", i]), f"{name}: {said['pdr', i]}"
        asserted = re.search(r"asserted in frame (\d+)", said["bmc3", i])
        assert (None if asserted is None else int(asserted[1])) == frame, f"{name}: {said['bmc3', i]}"
        proved += frame is None
        found += frame is not None
    assert min(proved, found) > 2 * CHUNK
