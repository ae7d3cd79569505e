"""Proofs beside counterexamples, engines beside one another, and what other solvers and encodings make of the same questions.

    python benchmarks/engines.py [pairs] [engines] [solvers] [encodings] [--limit SECONDS] [--runs N]

pairs      neighbouring stages of the series, in a config where the first fails: CPU seconds of proving the second over those of finding
           the counterexample of the first.
engines    one question, all engines together (`auto`) and each one alone: CPU seconds, and `auto` over the best of them.
solvers    the obligations of the proofs' certificates, put as SMT-LIB text to every solver: wall seconds, as `cert check` reports them.
encodings  one bounded question (the predecessor's counterexample at its length; none of the successor within some more transitions) in
           each encoding to each solver that reads it: clauses, incrementally, as the engines put them to Z3, as a finite-domain and as a
           bit-vector solver; one SMT-LIB text in QF_BV to Z3, cvc5, Bitwuzla; AIGER to ABC, whose `pdr` answers without the bound.

Seconds are CPU seconds of whole processes, start-up and export included, the least of several runs; `none` where nothing came within the
limit. Aims: pairs at most 3, `auto` at most 1.5 times the best engine. The exit code is 1 if answers to one question ever differ.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from peers import program, read_abc

ROOT = Path(__file__).resolve().parent.parent
TOOL = Path(sys.executable).with_name("mmu-smt")
SCENARIOS = f"{ROOT / 'spec' / 'series' / 'scenarios.mmu'}:"
ENGINES = ("termination", "recurrence", "induction", "rely-guarantee", "ranking", "reachability")


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
PARTS = ("pairs", "engines", "solvers", "encodings")
WPF = str(ROOT / "benchmarks" / "wpf" / "wpf.mmu")


DEEPER = 6
"""By how many transitions the successor is searched further than the predecessor's counterexample is long."""

AS_BIT_VECTORS = """
import functools, sys
from mmu_smt.solve import profiles, session
session.Session.__init__ = functools.partialmethod(session.Session.__init__, profile=profiles.BIT_VECTORS)
from mmu_smt.cli.app import main
sys.exit(main())
"""
"""`mmu-smt` with its other profile of Z3, which no option chooses."""
ASK = """
import sys
from pathlib import Path
from mmu_smt.solve.scripts import solvers
(solver,), _ = solvers([sys.argv[1]])
print(solver.ask(Path(sys.argv[2]).read_text(encoding="utf-8"), seconds=float(sys.argv[3])).status.value)
"""
"""One solver, one file, one answer."""


@dataclass(frozen=True)
class Ran:
    """CPU seconds of the process and its children; the verdict (None: too slow), what it rests on, the run's transitions if it is one."""

    seconds: float
    verdict: str | None
    by: str = ""
    length: int | None = None


def spent(command: Sequence[str], limit: float) -> tuple[float, str, int | None]:
    """CPU seconds, standard output and exit code of a process; no output and no code where it took so many wall seconds."""
    before = os.times()
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=limit)
        output, code, trouble = done.stdout, done.returncode, done.stderr
    except subprocess.TimeoutExpired:
        output, code, trouble = "", None, ""
    after = os.times()
    if code not in (None, 0, 1, 3, 4):
        sys.exit(f"{' '.join(command)}: exit code {code}\n{trouble}")
    return after.children_user - before.children_user + after.children_system - before.children_system, output, code


def ran(command: Sequence[str], limit: float) -> tuple[float, str]:
    """CPU seconds and standard output of the tool, which is empty where it did not end by itself, some time after its own limit."""
    seconds, output, _ = spent([str(TOOL), *command], 4 * limit + 60)
    return seconds, output


def check(target: str, config: str, name: str, limit: float, runs: int, *options: str) -> Ran:
    """The cheapest of several runs."""
    best: Ran | None = None
    for _ in range(runs):
        command = ["check", target, "--config", config, "-p", name, "--json", "--timeout", str(limit), *options]
        seconds, output = ran(command, limit)
        if not output:
            return Ran(seconds, None)
        (verdict,) = json.loads(output)["results"][0]["verdicts"]
        decided = verdict["verdict"] not in ("unknown", "bounded")
        found = Ran(seconds, verdict["verdict"] if decided else None, verdict["by"], verdict["length"])
        if best is None or found.seconds < best.seconds:
            best = found
        if not decided:
            break
    if best is None:
        sys.exit("--runs must be at least 1")
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
    questions = [*((p.after, p.config, p.name) for p in PAIRS), *MORE]
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
            cert = Path(folder) / "cert"
            proof = ["check", pair.after, "--config", pair.config, "-p", pair.name, "--cert", str(cert), "--timeout", str(limit)]
            ran(proof, limit)
            if not cert.exists():
                print(f"| {pair.title} | no proof in {limit:.0f} s |{' |' * len(names)}", flush=True)
                continue
            _, output = ran(["cert", "check", str(cert), "--json", "--timeout", str(limit), "--spec", pair.after], 10 * limit)
        document: dict[str, Any] = json.loads(output) if output else sys.exit(f"{pair.title}: no end of checking the certificate")
        files = document["certificate"]["obligations"]
        cells: list[str] = []
        for name in names:
            answers = [a for o in files for a in o["answers"] if a["solver"] == name]
            if any(a["said"] == "sat" for a in answers):
                sys.exit(f"{pair.title}: {name} refutes an obligation of the certificate")
            done = sum(a["said"] == "unsat" for a in answers)
            cells.append(f"{sum(a['seconds'] for a in answers):.2f}" + ("" if done == len(files) else f" ({done} files)"))
        print(f"| {pair.title} | {len(files)} | {' | '.join(cells)} |", flush=True)


@dataclass(frozen=True)
class Question:
    """Whether a property is violated within `bound` transitions, as the options of `mmu-smt`; `sat` if it is."""

    title: str
    target: str
    options: tuple[str, ...]
    bound: int
    answer: str


@dataclass(frozen=True)
class Answer:
    """`sat`, `unsat`, or None within the limit; CPU seconds of writing the question down (0 where it is not) and of answering it."""

    said: str | None
    export: float
    solving: float

    @property
    def seconds(self) -> float:
        return self.export + self.solving


def questions(limit: float) -> Iterator[Question]:
    """Of each pair, the run of the predecessor and the search for one of the successor; the same of the common model."""
    for pair in PAIRS:
        length = check(pair.before, pair.config, pair.name, limit, 1).length
        if length is None:
            sys.exit(f"{pair.title}: no counterexample of the predecessor in {limit:.0f} s")
        options = ("--config", pair.config, "-p", pair.name)
        before, after = (t.rpartition(":")[2] for t in (pair.before, pair.after))
        yield Question(f"{before}, {pair.name}, {pair.config}", pair.before, options, length, "sat")
        yield Question(f"{after}, {pair.name}, {pair.config}", pair.after, options, length + DEEPER, "unsat")
    for name, config, sizes, length, bound in (("p4", "anyhow", (8, 3), 12, 20), ("live", "scheduled", (2, 1), 15, 20)):
        options = ("--config", config, "-p", name, "-D", f"GFNS={sizes[0]}", "-D", f"VCPUS={sizes[1]}")
        at = f"{name} of the common model at ({sizes[0]},{sizes[1]})"
        yield Question(f"old, {at}", f"{WPF}:old", options, length, "sat")
        yield Question(f"fixed, {at}", f"{WPF}:fixed", options, bound, "unsat")


def searched(question: Question, tool: Sequence[str], limit: float) -> Answer:
    """The engines' bounded search, held to it, and its run replayed."""
    command = [*tool, "check", question.target, *question.options, "-k", str(question.bound), "--engine", "termination"]
    seconds, output, _ = spent([*command, "--no-minimize", "--json", "--timeout", str(limit)], 4 * limit + 60)
    if not output:
        return Answer(None, 0, seconds)
    (verdict,) = json.loads(output)["results"][0]["verdicts"]
    exhausted = verdict["verdict"] == "proved" or (verdict["verdict"] == "bounded" and verdict["bound"] == question.bound)
    return Answer("sat" if verdict["verdict"] == "violated" else "unsat" if exhausted else None, 0, seconds)


def asked_of_text(question: Question, name: str, limit: float) -> Answer:
    """A solver that reads SMT-LIB, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "question.smt2")
        export, _ = ran(["export", question.target, *question.options, "-f", "smt2", "-k", str(question.bound), "-o", file], limit)
        seconds, output, _ = spent([sys.executable, "-c", ASK, name, file, str(limit)], 2 * limit + 10)
    said = output.strip()
    return Answer(said if said in ("sat", "unsat") else None, export, seconds)


def asked_of_abc(question: Question, engine: str, limit: float) -> Answer:
    """ABC, on AIGER: `bmc3` looks at as many transitions, `pdr` at all."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "question.aig"
        export, _ = ran(["export", question.target, *question.options, "-f", "aiger", "-o", str(file)], limit)
        command = f"{engine} -F {question.bound + 1}" if engine == "bmc3" else engine
        script = f"read_aiger {file}; strash; {command} -T {max(1, round(limit))}"
        seconds, output, _ = spent([program("berkeley-abc", "yosys-abc"), "-c", script], 2 * limit + 10)
    answer = read_abc(output, question.bound if engine == "bmc3" else None).answer
    return Answer(None if answer is None else "sat" if answer == "violated" else "unsat", export, seconds)


def encodings(limit: float, runs: int) -> int:
    """The table; how many questions were answered in two ways, or against what is known of them."""
    from mmu_smt.solve.scripts import solvers as installed

    there, missing = installed()
    ways: list[tuple[str, str, Callable[[Question], Answer]]] = [
        ("clauses, incremental", "z3 QF_FD", lambda q: searched(q, [str(TOOL)], limit)),
        ("clauses, incremental", "z3 QF_BV", lambda q: searched(q, [sys.executable, "-c", AS_BIT_VECTORS], limit)),
        *(("SMT-LIB QF_BV", s.name, partial(asked_of_text, name=s.name, limit=limit)) for s in there),
    ]
    if program("berkeley-abc", "yosys-abc"):
        ways += [("AIGER", f"ABC {e}", partial(asked_of_abc, engine=e, limit=limit)) for e in ("bmc3", "pdr")]
    else:
        missing = (*missing, "ABC")
    print(f"Not installed, not asked: {', '.join(missing) or 'none of those named'}.\n")
    print(
        "| question | k | encoding | solver | answer | export s | solving s | together, over the first |\n|---|---|---|---|---|---|---|---|"
    )
    differ = 0
    for question in questions(limit):
        first: Answer | None = None
        said: set[str] = {question.answer}
        for encoding, solver, way in ways:
            answer = min((way(question) for _ in range(runs)), key=lambda a: (a.said is None, a.seconds))
            said |= {answer.said} if answer.said is not None else set()
            first = first or answer
            ratio = f"{answer.seconds / first.seconds:.2f}" if answer.said and first.said else ""
            row = [question.title, str(question.bound), encoding, solver, answer.said or f"none in {limit:.0f} s"]
            row += [f"{answer.export:.2f}" if answer.export else "", f"{answer.solving:.2f}" if answer.said else "", ratio]
            wrong = answer.said not in (None, question.answer)
            print("| " + " | ".join(row) + (" | **differ**" if wrong else " |"), flush=True)
        differ += len(said) > 1
    return differ


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip(), formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", nargs="*", choices=[*PARTS, []], help="default: all parts")
    parser.add_argument("--limit", type=float, default=60.0, help="seconds for each question (default: 60)")
    parser.add_argument("--runs", type=int, default=3, help="runs of each (default: 3)")
    options = parser.parse_args()
    parts = options.part or PARTS
    over = differ = 0
    if "pairs" in parts:
        over += pairs(options.limit, options.runs)
        print()
    if "engines" in parts:
        over += engines(options.limit, options.runs)
        print()
    if "solvers" in parts:
        solvers(options.limit)
        print()
    if "encodings" in parts:
        differ = encodings(options.limit, options.runs)
        print(f"\n{differ} questions were answered in two ways")
    print(f"\n{over} ratios are above their aims")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
