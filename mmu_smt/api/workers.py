"""Work in processes of its own: each piece in a copy of this process, several at a time, ended when its time is over.

A solver's time limit is a request that it may fail to keep, and it may end its process; only the operating system can hold it to account.
Copies (`fork`) inherit what has been loaded, so a piece of work costs some milliseconds more than in this process.
"""

from __future__ import annotations

import gc
import os
import selectors
import signal
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TypeAlias

# Does the work; what it passes to the function that it is given is sent, piece by piece.
Send: TypeAlias = Callable[[bytes], None]
Work: TypeAlias = Callable[[Send], None]

_CHUNK = 1 << 16
_ASKING = 0.1  # seconds between two questions whether to stop


@dataclass(frozen=True, slots=True)
class Finished:
    """All that the work sent."""

    answer: bytes


@dataclass(frozen=True, slots=True)
class Died:
    """The process ended without an answer. `how`: in a few words."""

    how: str


@dataclass(frozen=True, slots=True)
class OverTime:
    """The process was ended because its time was over. `received`: what it had sent by then, the end perhaps cut off."""

    seconds: float
    received: bytes = b""


End: TypeAlias = Finished | Died | OverTime


@dataclass(slots=True)
class _Running:
    index: int
    process: int
    started: float
    received: bytearray


def available() -> bool:
    """Whether this system can make copies of a process."""
    return hasattr(os, "fork")


def processors() -> int:
    """How many pieces of work can run at once here."""
    if hasattr(os, "sched_getaffinity"):
        return max(len(os.sched_getaffinity(0)), 1)
    return os.cpu_count() or 1


def run_all(
    works: Sequence[Work],
    *,
    jobs: int,
    seconds: float | None,
    begun: Callable[[int], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Iterator[tuple[int, End]]:
    """How each piece of work ended, with its index, as they end. `seconds`: what each may take; None: as long as it likes.

    `begun` is told the index of each that starts. `stop` is asked every now and then: once it says so, all that still runs is ended.
    Whoever stops iterating (or is interrupted) leaves no process behind. No other thread should run meanwhile: a copy made while it holds
    a lock would wait for that lock for ever.
    """
    selector = selectors.DefaultSelector()
    lifeline = os.pipe()
    waiting = iter(range(len(works)))
    running: dict[int, _Running] = {}  # by the end of the pipe that we read
    try:
        while True:
            while len(running) < jobs and (index := next(waiting, None)) is not None:
                if begun is not None:
                    begun(index)
                with _undisturbed():
                    reading, task = _start(works[index], index, lifeline)
                    running[reading] = task
                    selector.register(reading, selectors.EVENT_READ)
            if not running:
                return
            patience = _patience(running, seconds)
            for key, _ in selector.select(patience if stop is None else _ASKING if patience is None else min(patience, _ASKING)):
                chunk = os.read(key.fd, _CHUNK)
                if chunk:
                    running[key.fd].received += chunk
                    continue
                task = running[key.fd]
                end = _ended(task)
                _forget(running, key.fd, selector)
                yield task.index, end
            if stop is not None and stop():
                return
            for reading, task in list(running.items()):
                if seconds is not None and time.monotonic() - task.started >= seconds:
                    _kill(task)
                    _forget(running, reading, selector)
                    yield task.index, OverTime(seconds, bytes(task.received))
    finally:
        for reading, task in list(running.items()):
            _kill(task)
            _forget(running, reading, selector)
        selector.close()
        for end_of_pipe in lifeline:
            os.close(end_of_pipe)


@contextmanager
def _undisturbed() -> Generator[None]:
    """A Ctrl-C waits until a process that has begun is known, and does not reach the copy."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _patience(running: dict[int, _Running], seconds: float | None) -> float | None:
    if seconds is None:
        return None
    return max(min(t.started for t in running.values()) + seconds - time.monotonic(), 0.0)


def _forget(running: dict[int, _Running], reading: int, selector: selectors.BaseSelector) -> None:
    selector.unregister(reading)
    os.close(reading)
    del running[reading]


def _kill(task: _Running) -> None:
    with suppress(ProcessLookupError):
        os.kill(task.process, signal.SIGKILL)
    with suppress(ChildProcessError):
        os.waitpid(task.process, 0)


def _ended(task: _Running) -> End:
    """The process has closed its pipe: it ends now, or has ended."""
    _, status = os.waitpid(task.process, 0)
    code = os.waitstatus_to_exitcode(status)
    if code == 0:
        return Finished(bytes(task.received))
    if code < 0:
        with suppress(ValueError):
            return Died(f"ended by signal {signal.Signals(-code).name}")
        return Died(f"ended by signal {-code}")
    return Died(f"ended with exit code {code}")


def _start(work: Work, index: int, lifeline: tuple[int, int]) -> tuple[int, _Running]:
    """Begin a piece of work. Returns the end of the pipe from which its answer is read."""
    reading, writing = os.pipe()
    gc.freeze()  # the copy need not look at what is older than itself
    process = os.fork()
    if process == 0:
        _work(work, reading, writing, lifeline)
    os.close(writing)
    return reading, _Running(index, process, time.monotonic(), bytearray())


def _work(work: Work, reading: int, writing: int, lifeline: tuple[int, int]) -> None:
    """In the copy: do the work, send the answer, end. Never returns."""
    code = 1
    try:
        os.setpgid(0, 0)  # a Ctrl-C is for the process that started this one
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        os.close(reading)
        os.close(lifeline[1])
        threading.Thread(target=_end_with, args=(lifeline[0],), daemon=True).start()
        _silence()

        def send(piece: bytes) -> None:
            left = memoryview(piece)
            while left:
                left = left[os.write(writing, left) :]

        work(send)
        code = 0
    finally:
        os._exit(code)


def _end_with(lifeline: int) -> None:
    """End this process when the one that started it is gone, and with it the other end of the pipe."""
    with suppress(OSError):
        os.read(lifeline, 1)
    os._exit(1)


def _silence() -> None:
    """Whatever libraries print goes nowhere: the terminal belongs to the process that started this one."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)
