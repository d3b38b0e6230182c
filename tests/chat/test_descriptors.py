"""The limit of open files is raised as far as it may be, in a process of its own."""

import subprocess
import sys

import pytest

_ASK = """
import resource, sys
from mtbench.chat.descriptors import connections
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]), int(sys.argv[2])))
print(connections(int(sys.argv[3])), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


@pytest.mark.parametrize(
    ("soft", "hard", "wanted", "there", "raised_to"),
    [
        (256, 1000, 1024, 872, 1000),
        (1000, 1000, 10, 872, 1000),
        (100, 100, 10, 1, 100),
        (512, 18000, 1024, 16256, 16384),
        (512, 18000, 17000, 17000, 17128),
        (17000, 18000, 10, 16256, 17000),
    ],
)
def test_open_files_are_made_enough_for_the_connections(
    soft: int, hard: int, wanted: int, there: int, raised_to: int
) -> None:
    assert answer(_ASK, soft, hard, wanted) == [str(there), str(raised_to)]


def answer(script: str, *arguments: object) -> list[str]:
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


def test_a_system_that_allows_less_than_it_says_is_believed() -> None:
    refusing = _ASK.replace("print", "def no(*_): raise ValueError\nresource.setrlimit = no\nprint")  # as macOS may
    assert answer(refusing, 512, 1000, 1024) == ["384", "512"]


def test_a_system_without_a_limit_gives_what_is_enough() -> None:
    endless = _ASK.replace(
        "resource.setrlimit(", "limits = [256, resource.RLIM_INFINITY]\n"
        "resource.getrlimit = lambda _: limits\n"
        "resource.setrlimit = lambda _, new: limits.__setitem__(0, new[0])\n(",
    )  # fmt: skip
    assert answer(endless, 0, 0, 1024) == ["16256", "16384"]
