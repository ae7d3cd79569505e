"""What `mmu-smt diff` costs beside one check of each of its two variants, for pairs of neighbouring stages of the series.

Each command runs in a process of its own; the figures are CPU seconds of that process, start-up included, and their ratio. The target
is that `diff`, which checks both variants too, takes at most twice what the two checks take. Exit code 1 if a pair takes more.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

TOOL = Path(sys.executable).with_name("mmu-smt")
PAIRS = (("v2_03", "v2_04"), ("v2_04", "v2_05"), ("v2_07", "v2_08"), ("v2_17", "v2_18"))
CONFIGS = ("quiet,one_access,svm_direct", "quiet,one_access,legacy_shadow")
TARGET = 2.0


def cpu(*arguments: str) -> float:
    """CPU seconds of one run of the command, its children included."""
    before = os.times()
    done = subprocess.run([str(TOOL), *arguments], capture_output=True, text=True, check=False)
    after = os.times()
    if done.returncode not in (0, 1, 3, 4):
        sys.exit(f"{' '.join(arguments)}: exit code {done.returncode}\n{done.stderr}")
    return after.children_user - before.children_user + after.children_system - before.children_system


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip(), formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slice", action="store_true", help="only the first pair and the last, under the first config")
    sliced: bool = parser.parse_args().slice
    worst = 0.0
    print(f"{'pair':<16} {'config':<32} {'checks':>7} {'diff':>7} {'ratio':>6}  {'--no-verdicts':>13}")
    for config in CONFIGS[:1] if sliced else CONFIGS:
        for first, second in (PAIRS[0], PAIRS[-1]) if sliced else PAIRS:
            checks = sum(cpu("check", variant, "--config", config) for variant in (first, second))
            whole = cpu("diff", first, second, "--config", config)
            alone = cpu("diff", first, second, "--config", config, "--no-verdicts")
            worst = max(worst, whole / checks)
            print(f"{first} {second:<9} {config:<32} {checks:7.1f} {whole:7.1f} {whole / checks:6.2f}  {alone:13.1f}", flush=True)
    print(f"at most {worst:.2f} times the two checks; the target is {TARGET:g}")
    return int(worst > TARGET)


if __name__ == "__main__":
    sys.exit(main())
