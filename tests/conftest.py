"""What holds for all tests."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

_HERE = Path(__file__).parent


def pytest_configure() -> None:
    """Commands that tests start have the same surroundings, whatever the tests themselves were started from."""
    for name in ("COLUMNS", "LINES"):  # readline writes them into the environment, and pytest-xdist's processes have it
        os.environ.pop(name, None)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in the background of a script
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of the whole program take longest: they begin first, so that no process is left with one of them alone."""
    items.sort(key=lambda item: item.path.parent != _HERE)


@pytest.fixture(autouse=True)
def ctrl_c_ends_the_tests() -> Iterator[None]:
    """A command in the tests' own process takes the signals that would end it, and does not give them back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
