"""The `trace` commands: saved traces, replayed by the interpreter before anything of them is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mmu_smt.api import traces
from mmu_smt.api.traces import Opened, Refuted
from mmu_smt.cli.exits import Exit, worst
from mmu_smt.cli.formats import write_formats
from mmu_smt.report.lines import Line, Piece, Style, flow, line, safe
from mmu_smt.report.text import body_lines, head_line, subject_text, title
from mmu_smt.report.trace_diff import Side, difference
from mmu_smt.report.trace_eval import evaluation_lines
from mmu_smt.report.trace_text import shape, step_lines, steps_text
from mmu_smt.syntax.diagnostics import Diagnostic, SpecError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mmu_smt.cli.formats import Wanted
    from mmu_smt.cli.output import Output


class TraceCommand:
    """What all of them share: the files, what of them is meant, and where the words go."""

    def __init__(self, output: Output, *, properties: Sequence[str] | None, spec: str | None) -> None:
        self._output = output
        self._properties = properties
        self._spec = spec

    # ------------------------------------------------------------------------------------------ the commands

    def show(self, file: str, *, steps: Sequence[int] = (), full: bool = False, formats: Sequence[Wanted] = ()) -> Exit:
        """Show the traces of a file."""
        opened, code = self._opened(file, explain=True)
        if not any(w.path is None for w in formats):
            for number, one in enumerate(opened):
                lines = self._steps(one, steps) if steps else self._whole(one, full)
                self._output.lines((*(((),) if number else ()), *lines))
        if formats:
            write_formats(formats, [o.result for o in opened], self._output, full=full)
        return code

    def replay(self, file: str) -> Exit:
        """Replay the traces of a file and say what came of it."""
        opened, code = self._opened(file, explain=False)
        for one in opened:
            where = safe(f"{one.verdict.property.name}: ")
            now = "it still" if one.stale else "it"
            told = f"{shape(one.trace)} in {title(one.result)}; {now} shows `{safe(one.verdict.property.name)}` {one.verdict.word}"
            self._output.lines((line(Piece("replayed ", Style.GOOD), where, told),))
        return code

    def evaluate(self, file: str, expressions: Sequence[str]) -> Exit:
        """Evaluate expressions of the language along the traces of a file."""
        opened, code = self._opened(file, explain=False)
        for number, one in enumerate(opened):
            found = [traces.evaluate(one, text) for text in expressions]
            lines = evaluation_lines(one.result.program, one.trace, [(e.text, e.expr, e.of_step, e.values) for e in found])
            head = line(Piece(title(one.result), Style.STRONG), safe(f": {one.verdict.property.name}"))
            self._output.lines((*(((),) if number else ()), head, *lines))
        return code

    def diff(self, first: str, second: str) -> Exit:
        """Two traces side by side; exit code 1 where they differ."""
        sides: list[Side] = []
        codes: list[Exit] = []
        for file in (first, second):
            opened, code = self._opened(file, explain=False)
            codes.append(code)
            if len(opened) > 1:
                names = ", ".join(o.verdict.property.name for o in opened)
                raise SpecError(
                    (
                        Diagnostic(
                            "MS531",
                            f"{file} holds {len(opened)} traces: choose one with -p, or by its number as in {file}#1 ({names})",
                            None,
                        ),
                    )
                )
            sides.extend(Side(f"{file}: {title(o.result)}, {o.verdict.property.name}", o.result.program, o.trace) for o in opened)
        if len(sides) < 2:
            return worst(codes)
        found = difference(sides[0], sides[1])
        self._output.lines(found.lines)
        return worst((*codes, Exit.FAILED if found.differ else Exit.OK))

    def minimize(self, file: str, formats: Sequence[Wanted]) -> Exit:
        """Make the traces of a file plainer."""
        opened, code = self._opened(file, explain=False)
        plainer = [traces.explained(traces.minimize(o)) for o in opened]
        if formats:
            write_formats(formats, [o.result for o in plainer], self._output)
        if any(w.path is None for w in formats):
            return code
        for number, (before, after) in enumerate(zip(opened, plainer, strict=True)):
            told = f"from {steps_text(len(before.trace.steps))} to {steps_text(len(after.trace.steps))}"
            self._output.lines(
                (*(((),) if number else ()), line(safe(f"{after.verdict.property.name}: {told}")), *self._whole(after, full=False))
            )
        return code

    # ------------------------------------------------------------------------------------------ what they share

    def _opened(self, file: str, *, explain: bool) -> tuple[list[Opened], Exit]:
        """The traces that replay; what is to be said of those that do not, or of a changed specification, is said."""
        opened: list[Opened] = []
        codes: list[Exit] = [Exit.OK]
        for saved in traces.read_traces(file, self._properties):
            found = traces.open_trace(file, saved, spec=self._spec, explain=explain)
            if isinstance(found, Refuted):
                codes.append(Exit.FAILED)
                self._output.complain(_refuted(found))
                continue
            opened.append(found)
            if found.stale:
                self._output.complain(_stale(found))
        return opened, worst(codes)

    def _whole(self, one: Opened, full: bool) -> tuple[Line, ...]:
        result, verdict = one.result, one.verdict
        return (head_line(result, verdict), *flow([subject_text(result, verdict)], "  "), *body_lines(result, verdict, full=full))

    def _steps(self, one: Opened, steps: Sequence[int]) -> Iterator[Line]:
        """The rows of some transitions, each with the whole state before and after it."""
        from mmu_smt.report.trace_text import state_lines

        count = len(one.trace.steps)
        program = one.result.program
        yield head_line(one.result, one.verdict)
        for step in steps:
            if not 0 <= step <= count:
                raise SpecError((Diagnostic("MS531", f"--step {step}: the trace has the steps 0 to {count}", None),))
            if step > 0:
                yield from step_lines(program, one.trace, step - 1, full=True)
            yield from state_lines(program, one.trace, step)


def _refuted(found: Refuted) -> tuple[Line, ...]:
    why = (
        "the specification has changed since the trace was saved"
        if found.stale
        else "the specification is as it was: the file has been altered, or another version wrote it"
    )
    head = line(
        Piece(safe(found.file) + ":", Style.PLACE),
        " ",
        Piece("error:", Style.ERROR),
        safe(f" the trace for {found.saved.property} does not replay against {found.target}: {found.reason}"),
        Piece(" [MS622]", Style.FAINT),
    )
    return (head, *flow([why], "  "))


def _stale(found: Opened) -> tuple[Line, ...]:
    now = f"it still shows the property, but {found.difference}" if found.difference else "it replays all the same"
    text = f" the specification has changed since the trace for {found.verdict.property.name} was saved; {now}"
    return (line(Piece(safe(found.file) + ":", Style.PLACE), " ", Piece("note:", Style.NOTE), safe(text)),)
