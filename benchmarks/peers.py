"""The tool beside model checkers that install from package registries, on one model, in one run, as ratios.

    python benchmarks/peers.py [--runs N] [--limit SECONDS] [--only NAME,...]

The model is benchmarks/wpf/wpf.mmu. ABC (Debian: berkeley-abc) gets it as AIGER from `mmu-smt export`, so that both decide the same
question; the time to write the file is not counted. SPIN (Debian: spin), with benchmarks/wpf/wpf.pml, and gcc count as one peer. A peer
that is not installed is named as not run. Tool and peer must agree; the exit code is 1 if they ever differ. Prints Markdown for
docs/measurements.md.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

MODEL = Path(__file__).with_name("wpf") / "wpf.mmu"
PROMELA = MODEL.with_name("wpf.pml")
TOOL = Path(sys.executable).with_name("mmu-smt")


@dataclass(frozen=True, slots=True)
class Case:
    """One question at one size. `bound`: exhaust so many transitions and stop."""

    title: str
    variant: str
    judged: str
    gfns: int
    vcpus: int
    bound: int | None = None

    @property
    def config(self) -> str:
        return "scheduled" if self.judged == "live" else "anyhow"

    def sizes(self) -> list[str]:
        return ["-c", self.config, "-p", self.judged, "-D", f"GFNS={self.gfns}", "-D", f"VCPUS={self.vcpus}"]


CASES = (
    Case("bug at depth 12", "old", "p4", 2, 1),
    Case("bug at depth 12", "old", "p4", 8, 3),
    Case("bug at depth 12", "old", "p4", 16, 4),
    Case("exhaust k=20", "fixed", "p4", 8, 3, 20),
    Case("exhaust k=40", "fixed", "p4", 8, 3, 40),
    Case("proof", "fixed", "p4", 2, 1),
    Case("proof", "fixed", "p4", 8, 3),
    Case("proof", "fixed", "p4", 16, 4),
    Case("fair lasso", "old", "live", 2, 1),
    Case("fair lasso", "old", "live", 8, 3),
    Case("no fair lasso, k=20", "fixed", "live", 8, 3, 20),
    Case("no fair lasso", "fixed", "live", 2, 1),
    Case("no fair lasso", "fixed", "live", 8, 3),
)


@dataclass(frozen=True, slots=True)
class Sample:
    """What one process took, and said: violated, holds, or nothing within the limit (None)."""

    seconds: float
    answer: str | None


def ran(command: list[str], limit: float, folder: Path) -> tuple[float, str | None]:
    """Seconds and standard output; None where the limit ended it."""
    started = time.perf_counter()
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit, check=False, cwd=folder)
    except subprocess.TimeoutExpired:
        return time.perf_counter() - started, None
    return time.perf_counter() - started, done.stdout


def tool(case: Case, limit: float, folder: Path) -> Sample:
    command = [str(TOOL), "check", f"{MODEL.resolve()}:{case.variant}", *case.sizes(), *(["-k", str(case.bound)] if case.bound else [])]
    seconds, said = ran(command, limit, folder)
    word = re.search(rf"(?m)^ +{case.judged} +(violated|proved|bounded|unknown)", said or "")
    answers = {"violated": "violated", "proved": "holds", "bounded": "holds"}
    return Sample(seconds, answers.get(word[1]) if word else None)


def abc(case: Case, limit: float, folder: Path) -> Sample:
    """`bmc3` for a bug or a bound, `pdr` for a proof; frames 0 to the bound are as many transitions as the tool looks at."""
    frames = (case.bound or 0) + 1
    engine = f"bmc3 -F {frames}" if case.bound else "bmc3" if case.variant == "old" else "pdr"
    seconds, said = ran([program("berkeley-abc", "yosys-abc"), "-c", f"read_aiger model.aig; strash; {engine}"], limit, folder)
    if said is None:
        return Sample(seconds, None)
    held = "Property proved" in said or (case.bound is not None and f"No output asserted in {frames} frames" in said)
    return Sample(seconds, "violated" if "was asserted in frame" in said else "holds" if held else None)


def spin(case: Case, limit: float, folder: Path) -> Sample:
    """Explicit states, weak fairness for liveness. Its generated verifier is compiled in the same time."""
    live = case.judged == "live"
    sizes = f"-DG={case.gfns} -DV={case.vcpus} -DFIXED={int(case.variant == 'fixed')} -D{'LIVE' if live else 'P4'}"
    fair = "-f" if live else ""
    run = f"spin {sizes} -a {PROMELA.resolve()} >/dev/null && gcc -O2 -o pan pan.c && ./pan -a -m1000000 {fair}"
    seconds, said = ran(["timeout", str(limit), "sh", "-c", run], limit + 1, folder)
    errors = re.search(r"errors: (\d+)", said or "")
    complete = said is not None and "error: max search depth too small" not in said
    return Sample(seconds, None if errors is None else "violated" if errors[1] != "0" else "holds" if complete else None)


def program(*names: str) -> str:
    """The first of these programs that is installed; "" if none is."""
    return next((found for name in names if (found := shutil.which(name))), "")


def peers(case: Case) -> dict[str, tuple[str, str]]:
    """By name: the program, and a reason why it is not asked here."""
    explicit = "" if case.gfns <= 2 and not case.bound else "explicit states: no bound, and beyond the limit at this size"
    return {
        "ABC": (program("berkeley-abc", "yosys-abc"), ""),
        "SPIN": (program("spin") and program("gcc"), explicit),
    }


def shown(samples: list[Sample], limit: float) -> str:
    if all(s.answer is None for s in samples):
        return f"none in {limit:.0f} s"
    return f"{statistics.median(s.seconds for s in samples):.2f}"


def main() -> int:
    """Print the table; 1 if an answer differs, else 0."""
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
    print("| question | size | tool s | peer | peer s | tool / peer |\n|---|---|---|---|---|---|")
    differ = 0
    for case in CASES:
        if wanted and not any(part in case.title for part in wanted):
            continue
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            export = [str(TOOL), "export", f"{MODEL.resolve()}:{case.variant}", *case.sizes(), "-f", "aiger", "-o", "model.aig"]
            subprocess.run(export, check=True, cwd=folder)
            asked = {"ABC": abc, "SPIN": spin}
            own: list[Sample] = []
            theirs: dict[str, list[Sample]] = {n: [] for n, (found, why) in peers(case).items() if found and not why}
            for _ in range(arguments.runs):
                own.append(tool(case, arguments.limit, folder))
                for peer, samples in theirs.items():
                    samples.append(asked[peer](case, arguments.limit, folder))
        for peer, samples in theirs.items():
            said = {s.answer for s in (*own, *samples)} - {None}
            differ += len(said) > 1
            both = all(any(s.answer for s in group) for group in (own, samples))
            ratio = statistics.median(s.seconds for s in own) / statistics.median(s.seconds for s in samples) if both else None
            row = [f"{case.title} ({case.judged}, {case.variant})", f"({case.gfns},{case.vcpus})", shown(own, arguments.limit), peer]
            row += [shown(samples, arguments.limit), "" if ratio is None else f"{ratio:.2f}"]
            print("| " + " | ".join(row) + (" **differ** |" if len(said) > 1 else " |"), flush=True)
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
