"""Which changes of a function are made, what they cost, and which must not be made."""

from __future__ import annotations

from mmu_smt.semantics.editing import Editor
from mmu_smt.semantics.workspace import Workspace
from mmu_smt.variants.repair_edits import edits
from mmu_smt.variants.repair_vocabulary import Vocabulary

HEAD = """\
enum Answer { YES, NO }
state a: bool = false
state b: bool = false
state over: bool = false
ghost told: bool = false
terminal over

fn hit() -> bool {
    let was = a
    a = true
    return was
}

fn touched() {
    a = false
}

fn finish() {
    over = true
}

fn by_env() {
    b = !b
}

step act() by guest when !over { decide(true) }
step other() by env { by_env() }
"""


def made(body: str, largest: int = 3) -> dict[str, int]:
    """The changed bodies of `decide`, on one line each, with their sizes."""
    text = HEAD + "\nhandler decide(p: bool) -> Answer {\n" + body + "\n}\n"
    editor = Editor(Workspace.from_text(text).editable(None))
    vocabulary = Vocabulary(editor.program, editor.declarations, editor.steps)
    declaration = editor.declarations["decide"]
    found: dict[str, int] = {}
    for edit in edits(vocabulary, "decide", largest):
        changed = edit.text_of(declaration)
        if editor.with_function(changed) is not None:
            body = " ".join(changed.split())
            found[body] = min(edit.size, found.get(body, edit.size))
    return {body.removeprefix("handler decide(p: bool) -> Answer { ").removesuffix(" }"): size for body, size in found.items()}


def test_conditions() -> None:
    found = made("if a || b { return YES } return NO")
    assert found["if (a || b) && p { return YES } return NO"] == 2
    assert found["if a || b || !p { return YES } return NO"] == 3
    assert found["if a { return YES } return NO"] == 1
    assert found["if b { return YES } return NO"] == 1
    assert found["if p || b { return YES } return NO"] == 1
    assert found["return NO"] == 2, "the statement and the one in it"


def test_results_that_are_ignored() -> None:
    found = made("if p { hit() return YES } return NO")
    assert found["if p && hit() { return YES } return NO"] == 2
    assert found["if p && !hit() { return YES } return NO"] == 3
    wider = made("if p { hit() return YES } return NO", 4)
    assert wider["if p { if !hit() { return NO } return YES } return NO"] == 4


def test_calls_with_an_effect_stay_where_the_language_allows_them() -> None:
    found = made("if hit() && p { return YES } return NO")
    assert found["if p && hit() && p { return YES } return NO"] == 2


def test_statements() -> None:
    found = made("touched() if a { return YES } return NO")
    assert found["if a { return YES } return NO"] == 1
    assert found["if p { touched() } if a { return YES } return NO"] == 2
    assert made("touched() if a { return YES } return NO", 4)["if p { return NO } touched() if a { return YES } return NO"] == 4


def test_what_properties_rest_on_is_not_forged() -> None:
    for body in made("if p { told = true return YES } finish() return NO", 5):
        assert "finish()" in body, "a run is over only where it was"
        assert "told = true" in body or "if p" not in body, "an effect is taken out with what is told of it"
        assert "|| " not in body.split("{")[0], "told where it was not"
        before_finish = body.split("finish()")[0]
        assert before_finish.count("return") <= 1, "nothing returns before it"


def test_what_steps_use_themselves_is_not_changed() -> None:
    text = HEAD + "\nhandler decide(p: bool) -> Answer { by_env() touched() hit() finish() return NO }\n"
    editor = Editor(Workspace.from_text(text).editable(None))
    vocabulary = Vocabulary(editor.program, editor.declarations, editor.steps)
    assert set(vocabulary.editable) == {"hit", "touched", "decide"}
