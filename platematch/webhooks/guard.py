"""The address guard: which URLs may be registered, and which addresses a delivery may really connect to."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable

from yarl import URL

from platematch.errors import InvalidInput

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
AddrInfo = tuple[
    int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[str, int] | tuple[str, int, int, int]
]

MAX_URL = 2000

# Networks of one's own, which a setting may admit.
_PRIVATE = {
    "loopback": ("127.0.0.0/8", "::1/128"),
    "private": ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "64:ff9b:1::/48"),
    "link-local": ("169.254.0.0/16", "fe80::/10"),
    "shared by a provider's customers": ("100.64.0.0/10",),
}
# Where no receiver can be. IANA's special-purpose address registries; the metadata services of the large clouds.
_NEVER = {
    "a cloud's metadata service": (
        "169.254.169.254/32",
        "169.254.170.2/32",
        "168.63.129.16/32",
        "100.100.100.200/32",
        "192.0.0.192/32",
        "fd00:ec2::254/128",
        "fd20:ce::254/128",
    ),
    "unspecified": ("0.0.0.0/8", "::/128"),
    "multicast": ("224.0.0.0/4", "ff00::/8"),
    "reserved": (
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "240.0.0.0/4",
        "2001::/23",
        "2001:db8::/32",
        "3fff::/20",
    ),
}
_NETWORKS = [
    (ipaddress.ip_network(network), reason, admissible)
    for table, admissible in ((_NEVER, False), (_PRIVATE, True))
    for reason, networks in table.items()
    for network in networks
]
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_6TO4 = ipaddress.IPv6Network("2002::/16")

_LOCAL_NAME = re.compile(r"(^|\.)(localhost|localdomain|local|internal|lan|home\.arpa)$")


class AddressRefused(OSError):
    """A connection to an address that the guard does not let through."""


def refusal(address: str, *, allow_private: bool) -> str | None:
    """Why no delivery may go to this IP address ("loopback", "private", …), None where it may.

    An IPv6 address that stands for an IPv4 one (mapped, NAT64, 6to4) is judged as that one.
    """
    ip = _embedded(ipaddress.ip_address(address.partition("%")[0]))
    for network, reason, admissible in _NETWORKS:
        if ip in network:
            return None if admissible and allow_private else reason
    return "reserved" if ip.version == 6 and ip not in _GLOBAL_UNICAST else None


def _embedded(ip: Address) -> Address:
    if isinstance(ip, ipaddress.IPv6Address):
        if ip in _MAPPED or ip in _NAT64:
            return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if ip in _6TO4:
            return ipaddress.IPv4Address(int(ip) >> 80 & 0xFFFFFFFF)
    return ip


def socket_factory(*, allow_private: bool) -> Callable[[AddrInfo], socket.socket]:
    """For aiohttp's TCPConnector: makes the socket for an address, or raises AddressRefused.

    It sees the very address that is connected to next, whatever the URL, its spelling or a name server said.
    """

    def guarded(info: AddrInfo) -> socket.socket:
        family, kind, protocol, _, target = info
        reason = refusal(target[0], allow_private=allow_private)
        if reason is not None:
            raise AddressRefused(f"address refused: {target[0]} is {reason}")
        return socket.socket(family, kind, protocol)

    return guarded


def check_url(url: str, allow_private: bool) -> None:
    """Whether a webhook may be registered at this URL; InvalidInput (field "url") says why not.

    Looks nothing up: where a name leads is decided when a delivery connects.
    """
    if len(url) > MAX_URL:
        raise _refused(f"longer than {MAX_URL} characters")
    if re.search(r"[\x00-\x20\x7f\\]", url):
        raise _refused("a URL holds no spaces, control characters or backslashes; percent-encode them")
    try:
        parsed = URL(url)
        host, port = parsed.host, parsed.port
    except ValueError as error:
        raise _refused(str(error)) from None
    if parsed.scheme not in ("http", "https"):
        raise _refused("must begin with https:// or http://")
    if not host or port == 0:
        raise _refused("names no host" if not host else "0 is no port")
    if parsed.raw_user is not None or parsed.raw_password is not None:
        raise _refused("holds a user name or password; deliveries are signed instead, verify the signature")
    bare = host.rstrip(".").lower()
    if (plain := _unusual_ipv4(bare)) is not None:
        raise _refused(f"{host} is an IP address in an unusual form; write {plain} or a name")
    reason = _host_refusal(bare, allow_private)
    if reason is not None:
        admissible = _host_refusal(bare, True) is None
        advice = "; set PLATEMATCH_WEBHOOK_ALLOW_PRIVATE=1 for receivers in your own network" if admissible else ""
        raise _refused(f"{host} is {reason}{advice}")


def _host_refusal(host: str, allow_private: bool) -> str | None:
    if not allow_private and _LOCAL_NAME.search(host):
        return "a name of this machine or its own network"
    try:
        return refusal(host, allow_private=allow_private)
    except ValueError:
        return None  # a name


def _unusual_ipv4(host: str) -> str | None:
    """The plain form of an IPv4 address in one of the octal, hex or short spellings that inet_aton reads."""
    try:
        plain = socket.inet_ntoa(socket.inet_aton(host))
    except (OSError, UnicodeError):
        return None
    return None if plain == host else plain


def _refused(why: str) -> InvalidInput:
    return InvalidInput(f"the webhook's url is refused: {why}", field="url")
