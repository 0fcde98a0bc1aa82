"""The address that the service listens on, taken before anything else is done: a second start finds out at once."""

from __future__ import annotations

import errno
import socket

from domain.errors import Busy


class AddressTaken(Busy):
    """Another process listens there already, or this one may not."""


def bound(host: str, port: int) -> socket.socket:
    """A socket at this address, held but not answering yet. Raises: AddressTaken."""
    held = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        held.bind((host, port))
    except OSError as error:
        held.close()
        raise _taken(host, port, error) from error
    return held


def listen(held: socket.socket) -> None:
    """Answer from now on. Raises: AddressTaken when another process began to do so meanwhile."""
    try:
        held.listen()
    except OSError as error:
        host, port = held.getsockname()[:2]
        raise _taken(host, port, error) from error


def _taken(host: str, port: int, error: OSError) -> AddressTaken:
    where = f"{host}:{port}"
    if error.errno == errno.EADDRINUSE:
        return AddressTaken(
            f"{where} 已被另一个进程占用（也许本系统已在运行）",
            f"{where} is taken by another process (perhaps the service runs there already)",
            remedy=f"请先打开 http://{where}/ 看是否已在运行；否则停止该进程，或换一个端口：./run --port {port + 1}",
            remedy_en=f"Look at http://{where}/ first. Else stop that process, or take another port: "
            f"./run --port {port + 1}",
        )
    return AddressTaken(
        f"不能监听 {where}：{error.strerror}",
        f"cannot listen on {where}: {error.strerror}",
        remedy="请检查 STEWARD_HOST 和 STEWARD_PORT（1024 以下的端口需要权限）",
        remedy_en="Check STEWARD_HOST and STEWARD_PORT (ports below 1024 need a privilege).",
    )
