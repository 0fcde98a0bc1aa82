"""What every drill needs: saying what is done, and stopping where something is not as it must be."""

from __future__ import annotations

import socket


class Failed(Exception):
    """A drill found something that is not as it must be."""


def step(text: str) -> None:
    """Say what is done next, or what was found."""
    print(f"  {text}", flush=True)


def require(met: bool, what: str) -> None:
    """`what` has to be so: say that it is. Raises: Failed."""
    if not met:
        raise Failed(what)
    step(f"ok: {what}")


def free_port() -> int:
    """A port of loopback that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
