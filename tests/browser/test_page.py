"""The page of a trace in a real browser: stepped through by keyboard, light and dark, read aloud, and with hostile text in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mmu_smt import api
from mmu_smt.report.formats import findings_of
from mmu_smt.report.trace_page import comparison_page, trace_page
from tests.browser.devtools import CHROMIUM, Browser, Page, running
from tests.report.test_formats import HOSTILE, TEXTS

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="not run: there is no browser (Debian's package `chromium`)")

# A loop of three steps after one, tables that point into each other, and two variants.
RING = """\
type Frame = 0..2
const next: [Frame]Frame @default fill(0)
state seen: [Frame]bool = fill(false)  @show "seen so far"
state at: Frame = 0
state lead: bool = true
state idle: bool = false
rule onward
handler move() -> bool {
    if lead {
        lead = false
        return false
    }
    if seen[at] && at == 2 {
        seen = fill(false)
    } else {
        seen[at] = true
    }
    at = next[at]
    return true @onward
}
assume ring { all(f in Frame: next[f] == (f + 1) % 3) }
step go() by guest { if move() { } }
/// It comes to an end.
progress ends { recurs move.decides(true) never at == at' }
recipe setup "Set up" { "frame {f} leads to {next[f]}" for f in Frame when next[f] != 0 }
variant turning "Turn" { }
variant halting of turning "Halt" {
    override handler move() -> bool {
        if at == 2 {
            return false
        }
        lead = false
        at = next[at]
        return true @onward
    }
}
"""
STATE = """(() => ({
    now: document.querySelector('#now').textContent,
    current: [...document.querySelectorAll('[aria-current=step] .at')].map((e) => e.textContent),
    lit: [...document.querySelectorAll('.code .lit')].map((e) => e.dataset.line),
    text: document.body.innerText,
}))()"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with running(tmp_path_factory.mktemp("browser")) as found:
        yield found


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ring")
    (folder / "ring.mmu").write_text(RING, encoding="utf-8")
    results = api.check(f"{folder}/ring.mmu:turning", properties=["ends"], explain=True)
    path = folder / "ring.html"
    path.write_text(trace_page(findings_of(results)), encoding="utf-8")
    return path


@pytest.fixture
def page(browser: Browser, ring: Path) -> Iterator[Page]:
    with browser.page() as found:
        found.open(ring)
        yield found
        assert found.heard == [f"request {ring.as_uri()}"], "the page fetches nothing and complains of nothing"


def lines(state: dict[str, Any]) -> list[int]:
    return [int(line.partition(":")[2]) for line in state["lit"]]


def test_the_run_is_stepped_through_by_keyboard(page: Page) -> None:
    first, *_ = [page.value(STATE)]
    length = page.value("document.querySelectorAll('ol.steps button').length") - 1
    start = page.value("JSON.parse(document.getElementById('data').textContent).document.traces[0].loop_start")
    assert length > start >= 1
    assert first["current"] == [str(start + 1)], "it opens at the first step of the loop"
    page.press("Home")
    state = page.value(STATE)
    assert (state["current"], state["lit"], state["now"]) == (["0"], [], "Start.")
    page.press("ArrowRight")
    state = page.value(STATE)
    assert state["current"] == ["1"]
    assert state["now"].startswith(f"Step 1 of {length}: guest, go; move: false")
    assert lines(state) == [8, 9, 10, 11]  # the handler, its test, the assignment, the return
    for key in "j" * (length - 1):
        page.press(key)
    state = page.value(STATE)
    assert state["current"] == [str(length)]
    assert "in the loop" in state["now"]
    assert "@onward" in state["now"]
    assert {8, 9, 13, 18, 19} <= set(lines(state))
    assert 10 not in lines(state)
    page.press("j")  # past the end of the loop
    state = page.value(STATE)
    assert state["current"] == [str(start)]
    assert "Back at the start of the loop, round 2" in state["now"]
    page.press("k")  # and back
    assert page.value(STATE)["current"] == [str(length)]
    page.press("ArrowLeft")
    assert page.value(STATE)["current"] == [str(length - 1)]
    page.press("End")
    seen = []
    for _ in range(2 * (length - start + 1)):
        page.press("ArrowRight")
        seen.append(int(page.value(STATE)["current"][0]))
    assert seen == [*range(start, length + 1)] * 2, "round after round"
    assert "round 3" in page.value(STATE)["now"]
    page.press("End")
    assert page.value(STATE)["current"] == [str(length)]


def test_the_state_is_drawn_with_links_and_changes(page: Page) -> None:
    page.press("Home")
    page.press("j")
    page.press("j")
    cells = page.value("[...document.querySelectorAll('td.changed')].map((e) => e.innerText)")
    assert any("false" in c and "→ true" in c for c in cells), cells
    assert "seen so far[0]: false → true" in page.value(STATE)["text"]
    links = page.value(
        "[...document.querySelectorAll('a.ref')].map((a) => [a.textContent, document.querySelector(a.getAttribute('href')).textContent])"
    )
    assert ["→ Frame 1", "Frame 1"] in links
    assert page.value("document.querySelector('svg.links').getAttribute('aria-label')").startswith("Links: next[0] to Frame 1")
    rows = "document.querySelectorAll('tbody tr').length"
    few = page.value(rows)
    assert page.value("document.querySelector('[aria-pressed]').ariaPressed") == "false"
    page.press("f")
    assert page.value("document.querySelector('[aria-pressed]').ariaPressed") == "true"
    assert page.value(rows) > few


def test_buttons_do_what_the_keys_do(page: Page) -> None:
    page.value("[...document.querySelectorAll('button')].find((b) => b.textContent === 'Start').click()")
    assert page.value(STATE)["current"] == ["0"]
    page.value("[...document.querySelectorAll('button')].find((b) => b.textContent.startsWith('Next')).click()")
    assert page.value(STATE)["current"] == ["1"]
    page.value("document.querySelectorAll('ol.steps button')[2].click()")
    assert page.value(STATE)["current"] == ["2"]


def test_keys_with_modifiers_are_the_browsers(page: Page) -> None:
    before = page.value(STATE)["current"]
    for kind in ("keyDown", "keyUp"):
        page.send("Input.dispatchKeyEvent", type=kind, key="ArrowRight", windowsVirtualKeyCode=39, modifiers=1)
    assert page.value(STATE)["current"] == before


# The contrast of every text that is to be seen, as WCAG 2.2 defines it, the least first.
CONTRAST = """(() => {
    const linear = (x) => x <= .03928 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4;
    const light = (colour) => {
        const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map((x) => linear(x / 255));
        return .2126 * r + .7152 * g + .0722 * b;
    };
    const ground = (e) => {
        for (; e; e = e.parentElement) {
            const colour = getComputedStyle(e).backgroundColor;
            if (colour !== 'rgba(0, 0, 0, 0)') return colour;
        }
        return 'rgb(255, 255, 255)';
    };
    const hasText = (e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    const texts = [...document.querySelectorAll('body *')].filter((e) => e.checkVisibility() && hasText(e) && !e.closest('svg'));
    return texts.map((e) => {
        const [a, b] = [light(getComputedStyle(e).color), light(ground(e))].sort((x, y) => y - x);
        return [(a + .05) / (b + .05), e.className || e.tagName, e.textContent.slice(0, 30)];
    }).sort((a, b) => a[0] - b[0]);
})()"""


def test_light_and_dark_are_readable(page: Page) -> None:
    grounds = {}
    for scheme in ("light", "dark"):
        page.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        grounds[scheme] = page.value("getComputedStyle(document.body).backgroundColor")
        found = page.value(CONTRAST)
        assert len(found) > 40
        assert found[0][0] >= 4.5, found[0]  # WCAG 2.2, 1.4.3
    assert grounds == {"light": "rgb(255, 255, 255)", "dark": "rgb(22, 22, 26)"}


def test_a_narrow_window_scrolls_no_way_but_down(page: Page) -> None:
    page.send("Emulation.setDeviceMetricsOverride", width=360, height=800, deviceScaleFactor=1, mobile=False)
    assert page.value("document.documentElement.scrollWidth") <= 360


def test_a_screen_reader_finds_its_way(page: Page) -> None:
    nodes = page.send("Accessibility.getFullAXTree")["nodes"]
    roles = [n["role"]["value"] for n in nodes if not n["ignored"]]
    assert {"main", "navigation", "banner", "contentinfo", "status", "table", "columnheader", "rowheader", "button", "heading"} <= set(
        roles
    )
    named = {n["role"]["value"]: n for n in nodes if not n["ignored"]}
    assert named["status"]["name"] is not None
    for node in nodes:
        if not node["ignored"] and node["role"]["value"] in ("button", "link", "heading", "region", "navigation"):
            assert node["name"]["value"].strip(), node
    headings = page.value("[...document.querySelectorAll('h1,h2,h3,h4')].filter((e) => e.checkVisibility()).map((e) => +e.tagName[1])")
    assert headings.count(1) == 1
    assert page.value("document.documentElement.lang") == "en"
    said = page.value(
        "[...document.querySelectorAll('.code .lit')].every((e) => e.innerText.includes('carried out') || e.querySelector('.said'))"
    )
    assert said, "what is lit is said, too"


def test_without_a_script_the_report_is_there(browser: Browser, ring: Path) -> None:
    with browser.page() as page:
        page.send("Emulation.setScriptExecutionDisabled", value=True)
        page.open(ring)
        page.send("Emulation.setScriptExecutionDisabled", value=False)
        text = page.value("document.body.innerText")
        assert "ends violated [MS701]" in text
        assert "frame 1 leads to 2" in text
        assert "needs scripts" in text


def test_two_variants_stand_side_by_side(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "ring.mmu").write_text(RING, encoding="utf-8")
    found = api.compare(f"{tmp_path}/ring.mmu:turning", f"{tmp_path}/ring.mmu:halting", properties=["ends"])
    path = tmp_path / "compared.html"
    path.write_text(comparison_page(found), encoding="utf-8")
    with browser.page() as page:
        page.open(path)
        assert page.value("[...document.querySelectorAll('.pane h2')].map((e) => e.textContent)") == ["turning", "halting"]
        assert len(page.value(STATE)["current"]) == 2
        page.press("Home")
        assert page.value(STATE)["now"] == "turning: Start. halting: Start."
        seen = []
        for _ in range(12):
            page.press("j")
            seen.append(tuple(page.value(STATE)["current"]))
        assert len({s[0] for s in seen}) > 2
        titles = page.value("[...document.querySelectorAll('nav[aria-label=Runs] button')].map((e) => e.textContent)")
        assert titles[0] == "halting fixes ends"
        page.value("[...document.querySelectorAll('nav[aria-label=Runs] button')].at(-1).click()")
        assert page.value("[...document.querySelectorAll('.about')].filter((e) => !e.hidden).length") == 1
        assert page.heard == [f"request {path.as_uri()}"]


@pytest.mark.parametrize("text", range(len(TEXTS)))
def test_hostile_text_does_not_break_out(browser: Browser, tmp_path: Path, text: int) -> None:
    spec = tmp_path / "a b#%41[x].mmu"
    extra = 'recipe q "{0}" {{ "{0}" }}\n'.format(TEXTS[text].replace("{", "{{").replace("}", "}}"))
    spec.write_text(HOSTILE.format(long="n" * 120, text=TEXTS[text]) + extra, encoding="utf-8")
    path = tmp_path / "hostile.html"
    path.write_text(trace_page(findings_of(api.check(str(spec), explain=True))), encoding="utf-8")
    with browser.page() as page:
        page.send("Emulation.setDeviceMetricsOverride", width=900, height=800, deviceScaleFactor=1, mobile=False)
        page.open(path)
        for key in ("Home", "j", "f", "End", "j", "j"):
            page.press(key)
            shown = page.value("document.body.innerText")
            assert all(c.isprintable() or c in "\n\t" for c in shown), sorted({c for c in shown if not c.isprintable()})
        assert page.value("document.scripts.length") == 2
        assert page.value("document.querySelectorAll('img,iframe,object,embed,form,link,base').length") == 0
        assert page.value("[...document.querySelectorAll('*')].every((e) => [...e.attributes].every((a) => !a.name.startsWith('on')))")
        assert page.value("document.documentElement.scrollWidth") <= 900
        assert page.heard == [f"request {path.as_uri()}"]


def test_what_these_tests_listen_for_is_heard(browser: Browser, tmp_path: Path, ring: Path) -> None:
    """A page that does what ours must not is caught, and the policy stops what would be put into ours."""
    bad = tmp_path / "bad.html"
    bad.write_text(
        "<!DOCTYPE html><title>x</title><img src='other.png'><script>console.log('hi'); nothing.at.all()</script>", encoding="utf-8"
    )
    with browser.page() as page:
        page.open(bad)
        assert any(h.startswith("request") and h.endswith("other.png") for h in page.heard)
        assert sum(h.startswith("console") for h in page.heard) >= 2
    planted = tmp_path / "planted.html"
    text = ring.read_text(encoding="utf-8")
    planted.write_text(text.replace("</main>", "<script>window.broken = true</script><img src='other.png'></main>"), encoding="utf-8")
    with browser.page() as page:
        page.open(planted)
        assert page.value("window.broken") is None
        assert any("Content Security Policy" in h for h in page.heard)
        assert "blocked by csp" in page.heard
