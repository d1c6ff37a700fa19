"""Whether machines reach each other: one answers at a port for a while, the others try it."""

from __future__ import annotations

import errno
import os
import socket
import time

from tinker.errors import FAILED, UserError

GREETING = b"tinker\n"
#: How long it answers, seconds.
OPEN = 60.0


def listen(address: str, port: int) -> None:
    """Answers there for a minute, in a process of its own.

    Raises:
        UserError: the address is not this machine's, or something else has the port.
    """
    server = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        server.bind((address, port))
    except OSError as error:
        if error.errno == errno.EADDRINUSE and reach(address, port):
            return  # asked again
        raise UserError(f"cannot listen on {address}:{port}: {error.strerror}", exit_code=FAILED) from None
    server.listen(64)
    if os.fork():
        server.close()
        return
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):  # or the connection that asked would wait for its end
        os.dup2(null, stream)
    end = time.monotonic() + OPEN
    while (left := end - time.monotonic()) > 0:
        server.settimeout(left)
        try:
            other, _ = server.accept()
            with other:
                other.sendall(GREETING)
        except OSError:
            continue
    os._exit(0)


def reach(address: str, port: int, timeout: float = 5.0) -> bool:
    """Whether the answer of `listen` comes from there."""
    try:
        with socket.create_connection((address, port), timeout=timeout) as other:
            return other.recv(len(GREETING)) == GREETING
    except OSError:
        return False
