"""Compare the tool with the floor, whole process against whole process, as ratios within one run.

    python benchmarks/run.py [--runs N] [--only main,gfns,levels,bound] [--limit SECONDS]

Every case is run N times, tool and floor in turn, so that a change of the machine's load meets both; medians are reported, and
ratios of wall time and of processor time (both sides have one thread; processor time suffers less from other load).
Tool and floor must give the same answer; the exit code is 1 if they ever differ. Prints Markdown for docs/measurements.md.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

FLOOR = Path(__file__).with_name("floor.py")
SMALL = Path(__file__).with_name("small") / "stages.mmu"
TOOL = Path(sys.executable).with_name("mmu-smt")
# Compiled modules are kept between runs, as they are for every user.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@dataclass(frozen=True, slots=True)
class Case:
    """One question at one size. `bound`: exhaust so many VM-entries and stop."""

    question: str  # lasso or termination
    variant: str
    gfns: int = 4
    levels: int = 3
    bound: int | None = None

    @property
    def label(self) -> str:
        sizes = f"GFNS={self.gfns} LEVELS={self.levels}"
        return f"{self.variant} {self.question} {sizes}" + (f" -k {self.bound}" if self.bound else "")

    def tool(self) -> list[str]:
        name = "retry_progress" if self.question == "lasso" else "completes_within"
        command = [str(TOOL), "check", f"{SMALL}:{self.variant}", "-p", name, "--config", "quiet_one_access"]
        command += ["-D", f"GFNS={self.gfns}", "-D", f"LEVELS={self.levels}"]
        return command + (["-k", str(self.bound)] if self.bound else [])

    def floor(self) -> list[str]:
        command = [sys.executable, str(FLOOR), self.question, "--variant", self.variant]
        command += ["--gfns", str(self.gfns), "--levels", str(self.levels)]
        return command + (["--bound", str(self.bound)] if self.bound else [])


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of one process, by the clock and of the processor."""

    wall: float
    cpu: float


@dataclass(slots=True)
class Samples:
    """What a case cost, run by run; the answers; and where the tool's time went, by phase."""

    tool: list[Cost] = field(default_factory=list["Cost"])
    floor: list[Cost] = field(default_factory=list["Cost"])
    tool_answer: object = None
    floor_answer: object = None
    phases: list[Mapping[str, float]] = field(default_factory=list[Mapping[str, float]])

    @property
    def agree(self) -> bool:
        return self.tool_answer == self.floor_answer

    def ratio(self, kind: str) -> float:
        return median(self.tool, kind) / median(self.floor, kind)


def median(costs: list[Cost], kind: str) -> float:
    return statistics.median(getattr(cost, kind) for cost in costs)


class TooSlow(Exception):
    """A process did not end within the limit."""


def timed(command: list[str], limit: float) -> tuple[Cost, str]:
    """The cost of one process, and what it printed. Raises TooSlow."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit, check=False, env=ENVIRONMENT)
    except subprocess.TimeoutExpired as error:
        raise TooSlow from error
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cost = Cost(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    if done.returncode not in {0, 1, 3}:
        raise SystemExit(f"{' '.join(command)}\nexit code {done.returncode}:\n{done.stdout}{done.stderr}")
    return cost, done.stdout


def asked(command: list[str], limit: float) -> dict[str, Any]:
    """The JSON document that a process prints, whose cost is of no interest."""
    return json.loads(timed(command, limit)[1])


def answer(document: Mapping[str, Any], question: str) -> object:
    """The tool's answer in the floor's terms: a length or the least number, None if there is none up to the bound."""
    (result,) = document["results"]
    (verdict,) = result["verdicts"]
    if verdict["verdict"] in {"unknown", "vacuous", "inapplicable"}:
        return verdict["verdict"]
    return verdict["length"] if question == "lasso" else verdict["least"]


def measure(case: Case, runs: int, limit: float) -> Samples:
    """What is timed prints what a user reads, the counterexample included; another process gives the answer and the phases as data."""
    samples = Samples()
    for _ in range(runs):
        cost, printed = timed(case.floor(), limit)
        samples.floor.append(cost)
        samples.floor_answer = json.loads(printed)["answer"]
        cost, _ = timed(case.tool(), limit)
        samples.tool.append(cost)
        document = asked([*case.tool(), "--json"], limit)
        samples.tool_answer = answer(document, case.question)
        phases = dict(document["results"][0]["seconds"])
        samples.phases.append({**phases, "start-up, loading, output": max(0.0, cost.wall - sum(phases.values()))})
    return samples


def suites() -> dict[str, tuple[Case, ...]]:
    return {
        "main": (Case("lasso", "v2_03"), Case("termination", "v2_04")),
        "gfns": tuple(Case(*what, gfns=gfns) for what in (("lasso", "v2_03"), ("termination", "v2_04")) for gfns in (2, 3, 5, 6)),
        "levels": tuple(Case(*what, levels=levels) for what in (("lasso", "v2_03"), ("termination", "v2_04")) for levels in (2, 4, 5)),
        "bound": tuple(Case("termination", "v2_04", bound=bound) for bound in (2, 4, 6, 8)),
    }


def machine() -> str:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{platform.machine()}, {cores} cores, CPython {platform.python_version()}, z3-solver {version('z3-solver')}"


def phases_table(samples: Samples) -> list[str]:
    """The median seconds of each phase of the tool and its share of the whole process."""
    whole = median(samples.tool, "wall")
    names = dict.fromkeys(name for phases in samples.phases for name in phases)
    lines = ["| phase | s | share |", "|---|---|---|"]
    for name in names:
        seconds = statistics.median(phases.get(name, 0.0) for phases in samples.phases)
        lines.append(f"| {name} | {seconds:.3f} | {100 * seconds / whole:.0f} % |")
    return lines


def startup(runs: int) -> float:
    """The median of a process that imports z3 and nothing else: what both sides cannot avoid."""
    samples: list[float] = []
    for _ in range(runs):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import z3"], check=True)
        samples.append(time.perf_counter() - started)
    return statistics.median(samples)


def main() -> int:
    """Print the tables; 1 if an answer differs, else 0."""
    every = suites()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", default=",".join(every), help="suites, separated by commas")
    parser.add_argument("--limit", type=float, default=120.0, help="seconds after which a process is stopped")
    arguments = parser.parse_args()
    print(f"## {datetime.datetime.now(datetime.UTC).date()}: {machine()}\n")
    print(f"Medians of {arguments.runs} interleaved runs. Importing z3 alone: {startup(arguments.runs):.3f} s.")
    measure(every["main"][0], 1, arguments.limit)  # compiles the modules and warms the file cache
    differ = 0
    for suite in arguments.only.split(","):
        print(f"\n### {suite}\n\n| case | answer | tool s | floor s | ratio | CPU ratio |\n|---|---|---|---|---|---|", flush=True)
        details: list[str] = []
        for case in every[suite]:
            try:
                samples = measure(case, arguments.runs, arguments.limit)
            except TooSlow:
                print(f"| {case.label} | | > {arguments.limit:.0f} | | | |", flush=True)
                continue
            shown = str(samples.tool_answer) if samples.agree else f"**tool {samples.tool_answer}, floor {samples.floor_answer}**"
            differ += not samples.agree
            seconds = f"{median(samples.tool, 'wall'):.3f} | {median(samples.floor, 'wall'):.3f}"
            print(f"| {case.label} | {shown} | {seconds} | {samples.ratio('wall'):.2f} | {samples.ratio('cpu'):.2f} |", flush=True)
            if suite == "main":
                details += ["", f"Where the tool's time goes, {case.label}:", "", *phases_table(samples)]
        print("\n".join(details), flush=True)
    if differ:
        print(f"\n{differ} answers differ.", file=sys.stderr)
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
