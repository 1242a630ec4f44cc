"""Sockets that servers listen on, and what they are called."""

import errno
import ipaddress
import socket
from typing import Final

from awm.errors import UsageError

__all__ = ["bind", "is_loopback", "url_of"]

_BACKLOG: Final = 2048
_LAST_PORT: Final = 65535


def bind(host: str, port: int) -> socket.socket:
    """Listen on an address.

    Listening from the start, rather than when the world is ready, shows a taken port at once.

    Args:
        host: A name or an address; IPv4 is preferred where a name has both.
        port: 0 for any free one.

    Raises:
        UsageError: The address is not this machine's, or the port is taken or none.
    """
    if not 0 <= port <= _LAST_PORT:
        raise UsageError(f"{port} is not a port.", f"Ports go from 0 to {_LAST_PORT}.")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, ValueError) as error:
        raise UsageError(f"the host {host!r} cannot be found: {error}.", "Check --host.") from error
    family, kind, protocol, _, address = min(found, key=lambda one: one[0] != socket.AF_INET)
    listener = socket.socket(family, kind, protocol)
    try:
        # Connections of an earlier server linger in TIME_WAIT and must not hold the port.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise _unbound(host, port, error) from error
    return listener


def url_of(listener: socket.socket, host: str, path: str) -> str:
    """The address to give to clients."""
    port = listener.getsockname()[1]
    if ipaddress.ip_address(listener.getsockname()[0].partition("%")[0]).is_unspecified:
        host = "localhost"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}{path}"


def is_loopback(address: str) -> bool:
    """Whether only this machine can connect to an address."""
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback


def _unbound(host: str, port: int, error: OSError) -> UsageError:
    if error.errno == errno.EADDRINUSE:
        return UsageError(
            f"port {port} of {host} is in use.",
            "Stop the server that has it, or choose another with --port (0 for any free one).",
        )
    if error.errno == errno.EACCES:
        return UsageError(f"port {port} is reserved for the system.", "Choose one above 1023.")
    return UsageError(
        f"{host} port {port} cannot be listened on: {error.strerror or error}.",
        "Give --host an address of this machine.",
    )
