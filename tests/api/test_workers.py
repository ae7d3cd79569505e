"""Work in processes of its own, and every way in which it can end."""

from __future__ import annotations

import os
import signal
import time
from itertools import count

import pytest

from mmu_smt.api.workers import Died, End, Finished, OverTime, Send, Work, run_all


def ends(works: list[Work], *, jobs: int = 2, seconds: float | None = 30.0) -> dict[int, End]:
    return dict(run_all(works, jobs=jobs, seconds=seconds))


def crash(_send: Send) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def fail(_send: Send) -> None:
    raise ValueError("no")


def deaf(_send: Send) -> None:
    """A process that heeds no request to end."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for _ in count():
        time.sleep(0.01)


def say(*pieces: bytes) -> Work:
    def work(send: Send) -> None:
        for piece in pieces:
            send(piece)

    return work


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_answers_come_back_whole() -> None:
    texts = [bytes([size % 251]) * size for size in (0, 1, 10, 300_000, 70_000)]
    found = ends([say(text[:7], text[7:]) for text in texts], jobs=3)
    assert found == {i: Finished(text) for i, text in enumerate(texts)}


def test_a_process_that_dies_takes_nobody_with_it() -> None:
    found = ends([crash, say(b"fine"), fail, say(b"too")])
    assert found == {0: Died("ended by signal SIGKILL"), 1: Finished(b"fine"), 2: Died("ended with exit code 1"), 3: Finished(b"too")}


def test_a_process_that_exceeds_its_time_is_ended() -> None:
    started = time.monotonic()
    found = ends([deaf, say(b"fine")], seconds=0.5)
    assert found == {0: OverTime(0.5), 1: Finished(b"fine")}
    assert time.monotonic() - started < 20


def test_what_was_sent_in_time_is_not_lost() -> None:
    def slow(send: Send) -> None:
        send(b"half")
        deaf(send)

    assert ends([slow], seconds=1.0) == {0: OverTime(1.0, b"half")}


def test_no_more_run_at_once_than_are_wanted() -> None:
    running: set[int] = set()
    most = 0
    for index, _ in run_all([say()] * 7, jobs=2, seconds=30, begun=running.add):
        most = max(most, len(running))
        running.discard(index)
    assert (most, running) == (2, set())


def test_whoever_stops_listening_leaves_no_process_behind(tmp_path_factory: pytest.TempPathFactory) -> None:
    place = tmp_path_factory.mktemp("pids") / "pid"

    def named(send: Send) -> None:
        place.write_text(str(os.getpid()))
        deaf(send)

    def waiting(_send: Send) -> None:
        while not place.exists() or not place.read_text():
            time.sleep(0.01)

    working = run_all([named, waiting], jobs=2, seconds=None)
    assert next(working) == (1, Finished(b""))
    process = int(place.read_text())
    assert alive(process)
    working.close()
    assert not alive(process)
