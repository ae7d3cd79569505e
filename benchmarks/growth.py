"""How verdicts and cost change with the sizes: frames and levels of the KVM model, three stages, two machines, nobody interferes.

Each size is judged in a process of its own, all properties at once; seconds are CPU seconds of that process, start-up included, and the
table shows them as multiples of those at the default sizes in the same run. Verdicts that are not those of the default sizes are listed:
words, and for `within least` the bound where it is another one. Exit code 1 if a word differs.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

FRAMES, LEVELS, DEFAULT = (3, 4, 5, 6), (2, 3, 4), (4, 3)
TARGETS = tuple(product(("v2_03", "v2_04", "v2_22"), ("quiet,one_access,svm_direct", "quiet,one_access,legacy_shadow")))
SLICE = ((3, 2), DEFAULT)
OPEN = ("unknown", "bounded")
TOOL = Path(sys.executable).with_name("mmu-smt")


@dataclass(frozen=True)
class Judged:
    """CPU seconds; by property the verdict and, where there is one, the least bound."""

    seconds: float
    verdicts: dict[str, tuple[str, int | None]]


def judge(variant: str, config: str, frames: int, levels: int, timeout: float) -> Judged:
    before = os.times()
    sizes = [word for pair in (("-D", f"GFNS={frames}"), ("-D", f"LEVELS={levels}")) for word in pair]
    command = [str(TOOL), "check", variant, "--config", config, *sizes, "--timeout", str(timeout), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    after = os.times()
    if done.returncode not in (0, 1, 3, 4):
        sys.exit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stderr}")
    document: dict[str, Any] = json.loads(done.stdout)
    verdicts = {v["property"]: (v["verdict"], v["least"]) for v in document["results"][0]["verdicts"]}
    cpu = after.children_user - before.children_user + after.children_system - before.children_system
    return Judged(cpu, verdicts)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip(), formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slice", action="store_true", help="the smallest and the default size of the first target only")
    parser.add_argument("--timeout", type=float, default=120.0, help="seconds for each size (default: 120)")
    options = parser.parse_args()
    sizes = SLICE if options.slice else tuple(product(FRAMES, LEVELS))
    different = 0
    for variant, config in TARGETS[:1] if options.slice else TARGETS:
        found = {size: judge(variant, config, *size, options.timeout) for size in sizes}
        base = found[DEFAULT]
        print(f"{variant} in {config}: {base.seconds:.1f} CPU s at {DEFAULT[0]} frames, {DEFAULT[1]} levels")
        for levels in sorted({n for _, n in sizes}):
            row = [f"{found[f, levels].seconds / base.seconds:6.2f}" for f in sorted({f for f, _ in sizes}) if (f, levels) in found]
            print(f"  {levels} levels {' '.join(row)}", flush=True)
        for size, judged in found.items():
            for name, (word, least) in judged.verdicts.items():
                usual, usual_least = base.verdicts[name]
                if word != usual and word not in OPEN and usual not in OPEN:
                    different += 1
                    print(f"  DIFFERENT at {size[0]} frames, {size[1]} levels: {name} {word}, not {usual}")
                elif word != usual:
                    print(f"  open at {size[0]} frames, {size[1]} levels: {name} {word}; at the default sizes {usual}")
                elif least != usual_least:
                    print(f"  at {size[0]} frames, {size[1]} levels: {name} has the least bound {least}, not {usual_least}")
    print(f"{different} verdicts differ" if different else "the same verdicts at all sizes")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
