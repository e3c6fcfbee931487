"""Which addresses may be asked, who may see the same credentials, and how an address is named in a message."""

from __future__ import annotations

import ipaddress
import re
import socket
from typing import TYPE_CHECKING

from listening_etl.errors import SourceUnreadable

if TYPE_CHECKING:
    import httpx

NAT64 = ipaddress.ip_network("64:ff9b::/96")
BOT_TOKEN = re.compile(r"/bot\d+:[^/]+")
"""Telegram has the token in the path: `/bot123456:ABC/getUpdates`."""


def is_public(address: str) -> bool:
    """Whether an IP address is on the public internet, also when it wraps another one."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = (
            ip.ipv4_mapped or ip.sixtofour or (ipaddress.IPv4Address(ip.packed[-4:]) if ip in NAT64 else None)
        )
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


def check_scheme(url: httpx.URL) -> None:
    """Refuse what is no web address with a host: files, other protocols."""
    if url.scheme not in ("http", "https") or not url.host:
        raise SourceUnreadable(
            f"{url.scheme or 'no scheme'!r} is not fetched", where=place(url), do="Use http or https."
        )


def check_name(url: httpx.URL) -> None:
    """Refuse a host name that leads to a private address."""
    try:
        found = socket.getaddrinfo(url.host, url.port or 443, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise SourceUnreadable(f"{url.host!r} is no host name", where=place(url)) from error
    for *_, address in found:
        _check_public(str(address[0]), url)


def check_peer(reply: httpx.Response, url: httpx.URL) -> None:
    """The same check on the address really connected to: a name may resolve differently twice."""
    stream = reply.extensions.get("network_stream")
    peer = stream.get_extra_info("server_addr") if stream is not None else None
    if peer:
        _check_public(str(peer[0]), url)


def _check_public(address: str, url: httpx.URL) -> None:
    if not is_public(address):
        raise SourceUnreadable(
            f"{url.host!r} is a private address ({address})",
            where=place(url),
            do="Allow private addresses in the settings if that is meant.",
        )


def same_server(old: httpx.URL, new: httpx.URL) -> bool:
    """Whether credentials for `old` may be shown to `new`: the same server, or its step up to https."""
    if (old.scheme, old.host, old.port) == (new.scheme, new.host, new.port):
        return True
    return (old.scheme, new.scheme, old.host, old.port, new.port) == ("http", "https", new.host, None, None)


def place(url: httpx.URL | str) -> str:
    """The address for a message: without user, password, query, fragment and bot token, which are secrets."""
    bare = str(url).partition("?")[0].partition("#")[0].replace(_userinfo(url), "", 1)
    return BOT_TOKEN.sub("/bot…", bare)


def _userinfo(url: httpx.URL | str) -> str:
    authority = str(url).partition("://")[2].partition("/")[0].partition("?")[0]
    return authority.rpartition("@")[0] + "@" if "@" in authority else ""
