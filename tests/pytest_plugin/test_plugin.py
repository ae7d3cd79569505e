"""The pytest plugin, run by pytest in folders of its own."""

from __future__ import annotations

import subprocess
import sys
from xml.etree import ElementTree

import pytest

from tests.cli.support import DOOR as DOOR_WITH_EXPECTATIONS

pytest_plugins = ("pytester",)

DOOR = DOOR_WITH_EXPECTATIONS.split("\nexpect ")[0]
EXPECTS = """
expect calm {
    ends: proved
    bounded_n: proved
}

expect loud in alone {
    ends: proved
    bounded_n: proved | vacuous
}
"""
BROKEN = "state n: 0..MAX = 0\ninvariant low { n < 1 }\nexpect { low: proved }\n"


@pytest.fixture(scope="module", autouse=True)
def loaded(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Everything that a run needs is imported before: `pytester` forgets what its runs import, and half of a package would stay."""
    import mmu_smt
    import mmu_smt.report.snippets
    import mmu_smt.syntax.errors

    path = tmp_path_factory.mktemp("warm") / "door.mmu"
    path.write_text(DOOR + EXPECTS, encoding="utf-8")
    mmu_smt.test(path)
    for result in mmu_smt.check(path, explain=True):
        mmu_smt.report_text(result)


@pytest.fixture(autouse=True)
def plain(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plugins that have nothing to do with it take most of the time of a run."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:hypothesispytest -p no:cacheprovider")


@pytest.fixture
def door(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makefile(".mmu", door=DOOR + EXPECTS)
    return pytester


def test_nothing_is_collected_unless_asked_for(door: pytest.Pytester) -> None:
    assert door.runpytest("-q").ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_nothing_is_imported_unless_asked_for(door: pytest.Pytester) -> None:
    door.makepyfile(
        test_it="""
        import sys
        def test_it():
            loaded = sorted(n for n in sys.modules if n.partition(".")[0] in ("z3", "lark", "mmu_smt"))
            assert loaded in (["mmu_smt", "mmu_smt.pytest_plugin"], [])
        """
    )
    result = door.runpytest_subprocess("-q", "-p", "no:xdist")
    result.assert_outcomes(passed=1)


def test_one_test_for_each_expectation(door: pytest.Pytester) -> None:
    result = door.runpytest("--mmu-smt", "--collect-only", "-q")
    names = [line for line in result.outlines if "::" in line]
    assert names == [
        "door.mmu::calm::default::ends",
        "door.mmu::calm::default::bounded_n",
        "door.mmu::loud::alone::ends",
        "door.mmu::loud::alone::bounded_n",
    ]


def test_a_failure_shows_the_run_and_no_traceback(door: pytest.Pytester) -> None:
    result = door.runpytest("--mmu-smt")
    result.assert_outcomes(passed=3, failed=1)
    text = result.stdout.str()
    assert "door.mmu:" in text
    assert "loud in alone: ends: expected proved, got violated (loop of 1 step after" in text
    assert "[MS705]" in text
    assert "step  who   event" in text
    assert "Traceback" not in text
    assert "pytest_plugin.py" not in text
    assert "runtest" not in text


@pytest.mark.parametrize(
    ("selection", "passed", "failed"),
    [
        (("-k", "loud and ends"), 0, 1),
        (("-k", "bounded_n"), 2, 0),
        (("door.mmu::calm::default::ends",), 1, 0),
        (("door.mmu::loud",), 1, 1),
    ],
)
def test_selection(door: pytest.Pytester, selection: tuple[str, ...], passed: int, failed: int) -> None:
    door.runpytest("--mmu-smt", *selection).assert_outcomes(passed=passed, failed=failed)


def test_one_check_for_a_variant_and_config_of_what_is_selected(door: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    from mmu_smt.api import testing

    asked: list[list[str]] = []
    original = testing.check_program

    def counted(request: testing.Request) -> object:
        asked.append([p.name for p in request.properties])
        return original(request)

    monkeypatch.setattr(testing, "check_program", counted)
    door.runpytest("--mmu-smt", "-k", "calm or (loud and bounded_n)").assert_outcomes(passed=3)
    assert [sorted(names) for names in asked] == [["bounded_n", "ends"], ["bounded_n"]]


def test_a_specification_with_errors_is_an_error_of_the_collection(pytester: pytest.Pytester) -> None:
    pytester.makefile(".mmu", broken=BROKEN)
    result = pytester.runpytest("--mmu-smt")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    text = result.stdout.str()
    assert "broken.mmu:1:13" in text
    assert "there is no param `MAX`" in text
    assert "Traceback" not in text
    assert "pytest_plugin.py" not in text


def test_an_error_in_a_variant_is_one_too(door: pytest.Pytester) -> None:
    door.makefile(
        ".mmu", odd=DOOR + "\nvariant odd of calm { override handler decide() -> Answer { return nothing } }\nexpect odd { ends: proved }\n"
    )
    result = door.runpytest("--mmu-smt", "odd.mmu")
    result.assert_outcomes(errors=1)
    assert "there is no `nothing`" in result.stdout.str()


def test_a_check_that_is_not_finished_in_time_has_failed(door: pytest.Pytester) -> None:
    result = door.runpytest("--mmu-smt", "--mmu-smt-timeout", "0.000001", "-k", "calm and ends")
    result.assert_outcomes(failed=1)
    assert "got unknown (time" in result.stdout.str()


@pytest.mark.parametrize("seconds", ["0", "-1", "soon", "nan"])
def test_timeouts_that_make_no_sense(door: pytest.Pytester, seconds: str) -> None:
    assert door.runpytest("--mmu-smt", f"--mmu-smt-timeout={seconds}").ret == pytest.ExitCode.USAGE_ERROR


def test_the_configuration_file_can_ask(door: pytest.Pytester) -> None:
    door.makeini("[pytest]\nmmu_smt = true\n")
    door.runpytest().assert_outcomes(passed=3, failed=1)


def test_patterns_choose_files(door: pytest.Pytester) -> None:
    folder = door.mkdir("spec")
    (folder / "inner.mmu").write_text(DOOR + "expect calm { ends: proved }\n", encoding="utf-8")
    door.makeini("[pytest]\nmmu_smt_files = spec/**/*.mmu\n")
    result = door.runpytest("-v")
    result.assert_outcomes(passed=1)
    assert "inner.mmu::calm::default::ends" in result.stdout.str()


def test_expectations_of_a_system_without_variants(pytester: pytest.Pytester) -> None:
    pytester.makefile(".mmu", plain="state n: bool = false\nstep s() by guest { n = !n }\ninvariant i { n || !n }\nexpect { i: proved }\n")
    result = pytester.runpytest("--mmu-smt", "-v")
    result.assert_outcomes(passed=1)
    assert "plain.mmu::system::default::i " in result.stdout.str()


def test_junit_xml(door: pytest.Pytester) -> None:
    door.runpytest("--mmu-smt", "--junitxml=out.xml")
    cases = ElementTree.parse(door.path / "out.xml").getroot().iter("testcase")
    found = {(c.get("classname"), c.get("name")): c.find("failure") is not None for c in cases}
    assert found["door.mmu.loud.alone", "ends"]
    assert sum(found.values()) == 1


def test_workers(door: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    door.runpytest_subprocess("--mmu-smt", "-n", "2").assert_outcomes(passed=3, failed=1)


def test_loading_the_plugin_imports_no_solver_and_no_parser() -> None:
    code = (
        "import mmu_smt.pytest_plugin, sys; print(sorted(n for n in sys.modules if n in ('z3', 'lark', 'cyclopts', 'rich', 'mmu_smt.api')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
