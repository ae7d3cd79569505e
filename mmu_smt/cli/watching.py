"""The `watch` command's work: a file checked on every save."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mmu_smt.cli.exits import Exit
from mmu_smt.report.lines import Piece, Style, line, safe

if TYPE_CHECKING:
    from mmu_smt.api.cellcache import CellCache
    from mmu_smt.api.watching import Asked, Round
    from mmu_smt.cli.output import Output


def run_watch(asked: Asked, cache: CellCache | None, *, rounds: int | None, output: Output) -> Exit:
    """Watch until a Ctrl-C (130), or so many rounds (0). Raises SpecError where there is nothing to watch."""
    from mmu_smt.api.watching import watch
    from mmu_smt.report.watch_text import all_lines, change_lines, problem_lines

    def told(found: Round) -> None:
        if found.saved:
            output.lines((line(Piece(f"saved {_names(found.saved)}", Style.STRONG)),))
        if found.problems:
            output.lines(problem_lines(found.problems))
            return
        if found.first:
            output.lines(all_lines(found.verdicts, found.configs))
        else:
            changes = [(c.name, c.before, c.after) for c in found.changes]
            output.lines(change_lines(changes, sum(v not in {c.name for c in found.changes} for v in found.verdicts)))
        output.lines(
            (line(Piece(f"  {found.judged} judged, {len(found.verdicts) - found.judged} known ({found.seconds:.2f} s)", Style.FAINT)),)
        )
        if found.first:
            imports = found.files - 1
            more = f" and {imports} imports" if imports > 1 else " and 1 import" if imports else ""
            output.lines((line(f"watching {safe(asked.target)}{more}; Ctrl-C ends"),))

    def again(saved: tuple[str, ...]) -> None:
        output.lines((line(Piece(f"saved {_names(saved)} during the check: it begins again", Style.FAINT)),))

    try:
        watch(asked, cache, each=told, again=again, rounds=rounds)
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    return Exit.OK


def _names(saved: tuple[str, ...]) -> str:
    return ", ".join(map(safe, saved))
