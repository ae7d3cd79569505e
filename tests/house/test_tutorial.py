"""Every command that README.md and the tutorial show prints what they show."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.house.consoles import PAGES, ROOT, Command, File, matches, run, saved_meanwhile, script

STALE = "refresh with: python -m tests.house.consoles"
README, TUTORIAL = PAGES


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("a\nb", "a\nb", True),
        ("a\nb", "a\nc", False),
        ("a", "a\nb", False),
        ("a\n...\nd", "a\nb\nc\nd", True),
        ("a\n...\nd", "a\nd", True),
        ("a\n...\nd", "a\nb\nc", False),
        ("2 met (1.05 s)", "2 met (12.40 s)", True),
        ("x [1]", "x 1", False),
        ("", "", True),
    ],
)
def test_outputs_are_compared(shown: str, printed: str, same: bool) -> None:
    assert matches(shown, printed) is same


def test_pages_are_split_into_files_and_commands() -> None:
    text = "```mmu a.mmu\nstate x: bool\n```\ntext\n```console\n$ mmu-smt fmt a.mmu\n$ mmu-smt check a.mmu\nout\n[1]\n```\n"
    assert list(script(text)) == [
        File("a.mmu", "state x: bool\n"),
        Command("mmu-smt fmt a.mmu", ""),
        Command("mmu-smt check a.mmu", "out\n[1]"),
    ]


def test_readme_shows_what_the_tool_prints() -> None:
    commands = [part for part in script(README.read_text(encoding="utf-8")) if isinstance(part, Command)]
    assert commands
    for command in commands:
        printed = run(command.line, ROOT)
        assert matches(command.output, printed), f"{STALE}\n$ {command.line}\n{printed}"


def test_tutorial_shows_what_the_tool_prints(tmp_path: Path) -> None:
    parts = list(script(TUTORIAL.read_text(encoding="utf-8")))
    assert sum(isinstance(part, Command) for part in parts) > 10
    for number, part in enumerate(parts):
        match part:
            case File(name, text):
                (tmp_path / name).write_text(text, encoding="utf-8")
            case Command(line, output):
                printed = run(line, tmp_path, saved_meanwhile(parts, number))
                assert matches(output, printed), f"{STALE}\n$ {line}\n{printed}"
