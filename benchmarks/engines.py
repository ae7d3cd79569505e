"""What a proof costs beside a counterexample, what each engine costs alone, and what other solvers make of the same questions.

pairs    neighbouring stages of the series, in a config where the first fails: CPU seconds of proving the second over those of finding the
         counterexample of the first.
engines  one question, all engines together (`auto`) and each one alone: CPU seconds, and `auto` over the best of them.
solvers  the obligations of the proofs' certificates, put as SMT-LIB text to every solver: seconds of each; and the question for a run of
         the predecessor, as the engines encode it (clauses for Z3's QF_FD) and as text (QF_BV).

Seconds are CPU seconds of whole processes, the least of several runs; `none` where nothing came within the limit. Aims: pairs at most 3,
`auto` at most 1.5 times the best engine.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TOOL = Path(sys.executable).with_name("mmu-smt")
SCENARIOS = f"{ROOT / 'spec' / 'series' / 'scenarios.mmu'}:"
ENGINES = ("termination", "recurrence", "induction", "ranking", "reachability")


@dataclass(frozen=True)
class Pair:
    """A property that the predecessor violates under the config, and the successor does not."""

    before: str
    after: str
    config: str
    name: str

    @property
    def title(self) -> str:
        names = " → ".join(n.rpartition(":")[2] for n in (self.before, self.after))
        return f"{names}, {self.name}, {self.config}"


PAIRS = (
    Pair("v2_03", "v2_04", "quiet,one_access,svm_direct", "retry_progress"),
    Pair("v2_04", "v2_05", "quiet,one_access,svm_direct", "no_skipped_emulation_emulator"),
    Pair(f"{SCENARIOS}v2_16", f"{SCENARIOS}v2_17", "quiet,c9_off_its_walk", "retry_progress"),
    Pair("v2_17", "v2_18", "quiet,legacy_shadow,not_emulable", "retry_progress"),
)
MORE = (
    ("v2_04", "quiet,one_access,svm_direct", "completes_within"),
    ("v2_04", "quiet,one_access,svm_direct", "no_endless_fault"),
    ("v2_04", "quiet,one_access,svm_direct", "tracked_frames_are_not_writable"),
)
WPF = str(ROOT / "benchmarks" / "wpf" / "wpf.mmu")


@dataclass(frozen=True)
class Ran:
    """CPU seconds of the process and its children; the first verdict (None: too slow) and what it rests on."""

    seconds: float
    verdict: str | None
    by: str = ""


def ran(command: Sequence[str], limit: float) -> tuple[float, str]:
    """CPU seconds and standard output, which is empty where the limit was reached."""
    before = os.times()
    try:
        done = subprocess.run([str(TOOL), *command], capture_output=True, text=True, check=False, timeout=4 * limit + 60)
    except subprocess.TimeoutExpired:
        return limit, ""
    after = os.times()
    if done.returncode not in (0, 1, 3, 4):
        sys.exit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stderr}")
    return after.children_user - before.children_user + after.children_system - before.children_system, done.stdout


def check(target: str, config: str, name: str, limit: float, runs: int, *options: str) -> Ran:
    """The cheapest of several runs."""
    best: Ran | None = None
    for _ in range(runs):
        command = ["check", target, "--config", config, "-p", name, "--json", "--timeout", str(limit), *options]
        seconds, output = ran(command, limit)
        (verdict,) = json.loads(output)["results"][0]["verdicts"] if output else ({"verdict": "unknown", "by": ""},)
        decided = verdict["verdict"] not in ("unknown", "bounded")
        found = Ran(seconds, verdict["verdict"] if decided else None, verdict["by"])
        if best is None or found.seconds < best.seconds:
            best = found
        if not decided:
            break
    assert best is not None
    return best


def pairs(limit: float, runs: int) -> int:
    print("| pair | counterexample s | proof s | ratio | by |\n|---|---|---|---|---|")
    over = 0
    for pair in PAIRS:
        found = check(pair.before, pair.config, pair.name, limit, runs)
        proof = check(pair.after, pair.config, pair.name, limit, runs)
        if found.verdict != "violated" or proof.verdict != "proved":
            sys.exit(f"{pair.title}: {found.verdict}, {proof.verdict}")
        ratio = proof.seconds / found.seconds
        over += ratio > 3
        print(f"| {pair.title} | {found.seconds:.2f} | {proof.seconds:.2f} | {ratio:.2f} | {proof.by} |", flush=True)
    return over


def engines(limit: float, runs: int) -> int:
    questions = [*((p.after, p.config, p.property) for p in PAIRS), *MORE]
    questions += [(f"{WPF}:fixed", "anyhow", "p1"), (f"{WPF}:fixed", "anyhow", "p4"), (f"{WPF}:fixed", "scheduled", "live")]
    print(f"| question | auto s | {' | '.join(ENGINES)} | auto / best |\n|---|---|{'---|' * (len(ENGINES) + 1)}")
    over = 0
    for target, config, name in questions:
        together = check(target, config, name, limit, runs)
        alone = {e: check(target, config, name, limit, runs, "--engine", e) for e in ENGINES}
        words = {r.verdict for r in (together, *alone.values()) if r.verdict is not None}
        if len(words) > 1:
            sys.exit(f"{target}, {name}: engines disagree: {words}")
        times = [r.seconds for r in alone.values() if r.verdict is not None]
        ratio = together.seconds / min(times) if times and together.verdict is not None else None
        over += ratio is not None and ratio > 1.5
        cells = [f"{r.seconds:.2f}" if r.verdict is not None else "none" for r in alone.values()]
        shown = f"{together.seconds:.2f} ({together.by})" if together.verdict is not None else "none"
        title = f"{name} of {target.rpartition(':')[2]} in {config}"
        print(f"| {title} | {shown} | {' | '.join(cells)} | {'' if ratio is None else f'{ratio:.2f}'} |", flush=True)
    return over


def solvers(limit: float) -> None:
    from mmu_smt.solve.scripts import solvers as installed

    names = [s.name for s in installed()[0]]
    print(f"| obligations of | files | {' | '.join(f'{n} s' for n in names)} |\n|---|---|{'---|' * len(names)}")
    for pair in PAIRS:
        with tempfile.TemporaryDirectory() as folder:
            cert = str(Path(folder) / "cert")
            ran(["check", pair.after, "--config", pair.config, "-p", pair.name, "--cert", cert, "--timeout", str(limit)], limit)
            _, output = ran(["cert", "check", cert, "--json", "--timeout", str(limit), "--spec", pair.after], 10 * limit)
            document: dict[str, Any] = json.loads(output)
            files = document["certificate"]["obligations"]
            cells: list[str] = []
            for name in names:
                answers = [a for o in files for a in o["answers"] if a["solver"] == name]
                done = sum(a["said"] == "unsat" for a in answers)
                cells.append(f"{sum(a['seconds'] for a in answers):.2f}" + ("" if done == len(files) else f" ({done} files)"))
            print(f"| {pair.title} | {len(files)} | {' | '.join(cells)} |", flush=True)
    print(f"\n| a run of | engines, clauses | {' | '.join(f'{n}, text' for n in names)} |\n|---|---|{'---|' * len(names)}")
    for pair in PAIRS:
        found = check(pair.before, pair.config, pair.name, limit, 1)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "question.smt2"
            ran(
                ["export", pair.before, "--config", pair.config, "-p", pair.name, "-f", "smt2", "-k", "1", "-o", str(file)],
                limit,
            )
            text = file.read_text(encoding="utf-8")
        cells = []
        for solver in installed()[0]:
            reply = solver.ask(text, seconds=limit)
            cells.append(f"{reply.seconds:.2f}" if reply.status.value == "sat" else f"none ({reply.status.value})")
        print(f"| {pair.before.rpartition(':')[2]}, {pair.name}, {pair.config} | {found.seconds:.2f} | {' | '.join(cells)} |", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip(), formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", nargs="*", choices=["pairs", "engines", "solvers", []], help="default: all parts")
    parser.add_argument("--limit", type=float, default=60.0, help="seconds for each question (default: 60)")
    parser.add_argument("--runs", type=int, default=3, help="runs of each (default: 3)")
    options = parser.parse_args()
    parts = options.part or ["pairs", "engines", "solvers"]
    over = 0
    if "pairs" in parts:
        over += pairs(options.limit, options.runs)
        print()
    if "engines" in parts:
        over += engines(options.limit, options.runs)
        print()
    if "solvers" in parts:
        solvers(options.limit)
    print(f"\n{over} ratios are above their aims")
    return 0


if __name__ == "__main__":
    sys.exit(main())
