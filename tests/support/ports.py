"""Ports for servers whose port has to be known before they listen, or again after they are gone."""

import random
import socket

_NOBODYS = range(20_000, 30_000)
"""Below those that a system gives to who asks for any: tests that run beside this one do not get it in the meantime."""


def free_port() -> int:
    """A port of 127.0.0.1 at which nothing listens."""
    while True:
        port = random.choice(_NOBODYS)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
