"""Documentation that is run: the files and commands of a page, and what the commands print.

A fenced block `mmu NAME` is a file, a block `console` holds commands behind `$ ` with their output, and `[N]` where the exit code N is not
0. A line `...` in an output stands for any lines. Seconds are not compared, nor is the place of the bundled specification: `…/spec`.
While a command `watch` runs, the file that the page shows next is saved.

Run as a program (`python -m tests.house.consoles`), this brings the outputs in README.md and docs/tutorial.md up to date, those with a
`...` excepted.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMMAND = "mmu-smt"
PAGES = (ROOT / "README.md", ROOT / "docs" / "tutorial.md")
BLOCK = re.compile(r"^```(?:mmu (?P<file>[\w.]+)|(?P<console>console))\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
SECONDS = re.compile(r"\(\d+\.\d+ s\)")
ELISION = "..."
WATCHING = "watching "


@dataclass(frozen=True, slots=True)
class File:
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Command:
    """`output` includes the line of the exit code."""

    line: str
    output: str

    @property
    def elided(self) -> bool:
        return ELISION in self.output.splitlines()


def script(text: str) -> Iterator[File | Command]:
    """The files and commands of a page, in order."""
    for block in BLOCK.finditer(text):
        if block["file"]:
            yield File(block["file"], block["text"])
            continue
        before, *commands = re.split(r"^\$ ", block["text"], flags=re.MULTILINE)
        if before:
            raise ValueError(f"a console block begins with its output: {before}")
        for command in commands:
            line, _, output = command.partition("\n")
            yield Command(line, output.rstrip("\n"))


def run(line: str, folder: Path, saved: File | None = None) -> str:
    """What a command prints, standard error included, and the line of its exit code. `saved`: written when it says that it watches."""
    program, *arguments = shlex.split(line)
    if program != COMMAND:
        raise ValueError(f"only {COMMAND} is run, not {program}")
    env = {key: value for key, value in os.environ.items() if key not in {"COLUMNS", "FORCE_COLOR"}}
    command = [str(Path(sysconfig.get_path("scripts")) / COMMAND), *arguments]
    with subprocess.Popen(
        command, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", start_new_session=True
    ) as process:
        killer = threading.Timer(120, process.kill)
        killer.start()
        try:
            assert process.stdout is not None
            printed = ""
            for row in process.stdout:
                printed += row
                if saved is not None and row.startswith(WATCHING):
                    time.sleep(0.5)
                    (folder / saved.name).write_text(saved.text, encoding="utf-8")
            code = process.wait()
        finally:
            killer.cancel()
    text = printed.replace(str(ROOT / "spec"), "…/spec")
    return (text + (f"[{code}]" if code else "")).rstrip("\n")


def saved_meanwhile(parts: Sequence[File | Command], number: int) -> File | None:
    """The file that is saved while this command runs."""
    part, after = parts[number], parts[number + 1] if number + 1 < len(parts) else None
    return after if isinstance(part, Command) and part.line.startswith(f"{COMMAND} watch") and isinstance(after, File) else None


def matches(shown: str, printed: str) -> bool:
    """Whether the output that a page shows is the one printed, up to seconds and elided lines."""
    pattern = ""
    for line in shown.splitlines(keepends=True):
        pattern += r"(?:.*\n)*?" if line.rstrip("\n") == ELISION else re.escape(SECONDS.sub("", line))
    return re.fullmatch(pattern, SECONDS.sub("", printed)) is not None


def refreshed(text: str, folder: Path) -> str:
    """The page with the outputs of today; commands run in `folder`. Outputs that still match are kept as they are."""
    parts = list(script(text))
    for number, part in enumerate(parts):
        match part:
            case File(name, content):
                (folder / name).write_text(content, encoding="utf-8")
            case Command(line, output):
                printed = run(line, folder, saved_meanwhile(parts, number))
                if matches(output, printed):
                    continue
                if part.elided:
                    sys.stderr.write(f"by hand: {line}\n")
                    continue
                old, new = (f"$ {line}\n" + (f"{shown}\n" if shown else "") for shown in (output, printed))
                text = text.replace(old, new, 1)
    return text


def main() -> None:
    """Refresh the pages. README.md's commands run in the repository, the tutorial's in an empty folder."""
    with tempfile.TemporaryDirectory() as empty:
        for page in PAGES:
            text = page.read_text(encoding="utf-8")
            page.write_text(refreshed(text, ROOT if page.parent == ROOT else Path(empty)), encoding="utf-8")


if __name__ == "__main__":
    main()
