"""Waiting for a condition: the one place where tests let time pass."""

import threading
import time
from typing import Callable, TypeVar

T = TypeVar("T")

_nothing = threading.Event()


def wait_until(condition: Callable[[], T], timeout: float = 20, what: str = "") -> T:
    """Ask again and again until `condition` gives something true, and give that. AssertionError after `timeout` s.

    What the last try raised is part of the message, so a condition may simply fail while it isn't met yet.
    """
    deadline = time.monotonic() + timeout
    while True:
        trouble = ""
        try:
            answer = condition()
            if answer:
                return answer
        except (OSError, AssertionError, LookupError, ValueError) as error:
            trouble = f" ({type(error).__name__}: {error})"
        if time.monotonic() > deadline:
            raise AssertionError(f"still not after {timeout} s: {what or condition}{trouble}")
        _nothing.wait(0.02)


def holds_for(condition: Callable[[], object], seconds: float) -> bool:
    """Whether `condition` is true now and at every look during the next `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not condition():
            return False
        _nothing.wait(0.02)
    return True
