"""A server on this machine that says its lines, over TLS or not, and then stalls or hangs up."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress

PATIENCE_SECONDS = 10.0
TLS, READ, STALL = "<TLS>", "<READ>", "<STALL>"
"""Steps of a script: shake hands, take what was said, do nothing any more. Any other is a line to say; at the end of
its script the server hangs up."""


@contextmanager
def scripted(steps: Sequence[str], tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Serve one script to every visitor; the port. Who is stalled is held until the context ends."""
    over = threading.Event()
    threads: list[threading.Thread] = []

    def serve() -> None:
        with suppress(OSError):  # that is how it learns that the test is over
            while True:
                visitor, _ = listening.accept()
                threads.append(threading.Thread(target=_play, args=(visitor, steps, tls, over)))
                threads[-1].start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = threading.Thread(target=serve)
        serving.start()
        try:
            yield listening.getsockname()[1]
        finally:
            over.set()
            listening.shutdown(socket.SHUT_RDWR)
            for one in (serving, *threads):
                one.join(PATIENCE_SECONDS)


def _play(visitor: socket.socket, steps: Sequence[str], tls: ssl.SSLContext | None, over: threading.Event) -> None:
    visitor.settimeout(PATIENCE_SECONDS)
    with ExitStack() as closing, suppress(OSError):
        speaking = closing.enter_context(visitor)
        for step in steps:
            if step == TLS:
                assert tls is not None
                speaking = closing.enter_context(tls.wrap_socket(speaking, server_side=True))
            elif step == READ:
                speaking.recv(65536)
            elif step == STALL:
                over.wait(PATIENCE_SECONDS)
            else:
                speaking.sendall(step.encode() + b"\r\n")
