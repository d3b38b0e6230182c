"""Tests of how fast something is, on machines that have other things to do."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import ParamSpec

Given = ParamSpec("Given")

_TRIES = 5
_PACES = (1, 2, 4, 8)


def if_not_disturbed(test: Callable[Given, Awaitable[None]]) -> Callable[Given, Awaitable[None]]:
    """A test that passes if it does once in five tries: what is slow of itself fails in all of them."""

    @wraps(test)
    async def tried(*args: Given.args, **kwargs: Given.kwargs) -> None:
        for _ in range(_TRIES - 1):
            try:
                return await test(*args, **kwargs)
            except (AssertionError, TimeoutError):
                continue
        return await test(*args, **kwargs)

    return tried


def at_some_pace(test: Callable[[float], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    """A test that is given how many times its seconds are stretched, and passes if it does at one of four paces.

    A machine that is busy keeps up with one of them; what is too slow of itself is so at each.
    """

    async def tried() -> None:
        for pace in _PACES[:-1]:
            try:
                return await test(pace)
            except (AssertionError, TimeoutError):
                continue
        return await test(_PACES[-1])

    tried.__name__, tried.__doc__ = test.__name__, test.__doc__
    return tried
