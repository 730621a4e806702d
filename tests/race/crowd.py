"""Many callers at once, in threads of this process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from sms_verification.exceptions import VerificationError

Call = Callable[[], Any]

# A thread that never came, or never left, is a failure and not a hang.
PATIENCE = 60


def _nothing() -> None:
    pass


class Crowd:
    """Threads that are ready, each with what it needs, before any of them begins.

    They live for a whole test, so that opening connections, which takes longer than
    a call, does not spread the callers. Asked for more calls than it has threads,
    the crowd gives each thread several, one after the other.
    """

    def __init__(
        self, size: int, *, ready: Call = _nothing, leave: Call = _nothing
    ) -> None:
        self._pool = ThreadPoolExecutor(size)
        self._size, self._ready, self._leave = size, ready, leave

    def run(self, calls: Sequence[Call]) -> list[Any]:
        """Make all calls at once. Return what each returned or was refused with.

        Whatever is no refusal of the flow's (a database's error, say) is raised.
        """
        threads = min(len(calls), self._size)
        barrier = Barrier(threads)
        shares = [calls[i::threads] for i in range(threads)]
        futures = [self._pool.submit(self._perform, barrier, s) for s in shares]
        return [answer for future in futures for answer in future.result()]

    def close(self) -> None:
        barrier = Barrier(self._size)

        def leave() -> None:
            barrier.wait(PATIENCE)
            self._leave()

        for future in [self._pool.submit(leave) for _ in range(self._size)]:
            future.result()
        self._pool.shutdown()

    def _perform(self, barrier: Barrier, calls: Sequence[Call]) -> list[Any]:
        try:
            self._ready()
        except BaseException:
            barrier.abort()
            raise
        barrier.wait(PATIENCE)
        return [_answer(call) for call in calls]


def _answer(call: Call) -> Any:
    try:
        return call()
    except VerificationError as refusal:
        return refusal
