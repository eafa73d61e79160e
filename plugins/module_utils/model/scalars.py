# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scalar types of the model: how one YAML value becomes one Python value.

Every parser takes the raw value and returns the parsed value, or raises `BadScalar(message, remedy)`.
A scalar also has a JSON Schema, so that editors report the same errors as the parser.
"""

from __future__ import annotations

import functools
import ipaddress
import re
import typing as t
from dataclasses import dataclass

from ..cluster.cilium_limits import LONGEST, SHORTEST
from ..fabric.config import NAME
from ..kube.settings import MAX_RENEW_DAYS

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Subnet = ipaddress.IPv4Network | ipaddress.IPv6Network


class BadScalar(Exception):
    """A value is not valid for its key: what is wrong, and what to write instead."""

    def __init__(self, message: str, remedy: str, hidden: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        #: The value must not be quoted: it is a secret under a key that is not for secrets.
        self.hidden = hidden


@dataclass(frozen=True)
class Scalar:
    """One kind of scalar: its name in the reference, its parser and its JSON Schema."""

    name: str
    parse: t.Callable[[t.Any], t.Any]
    schema: dict[str, t.Any]

    @functools.cached_property
    def takes_numbers(self) -> bool:
        """Whether a value may be a number, which has to be written in decimal."""
        return "integer" in self.schema.get("type", ())

    @functools.cached_property
    def takes_mappings(self) -> bool:
        """Whether a value may be a mapping, which is merged with that of the defaults."""
        return "object" in self.schema.get("type", ())


@dataclass(frozen=True)
class Sealed:
    """A value that can't be read while the model is loaded (an encrypted string); only secrets may be sealed."""

    value: t.Any


@dataclass(frozen=True, order=True)
class PortRef:
    """One port of one switch, written `SWITCH/PORT`."""

    switch: str
    port: str

    def __str__(self) -> str:
        return f"{self.switch}/{self.port}"


@dataclass(frozen=True, order=True)
class VlanRange:
    """VLANs `first` to `last`, both included, written `FIRST-LAST`."""

    first: int
    last: int

    def __str__(self) -> str:
        return f"{self.first}-{self.last}"

    def ids(self) -> range:
        """The VLAN ids of the range."""
        return range(self.first, self.last + 1)


def plain_text(value: t.Any, remedy: str) -> str:
    """One line of text as a plain str; raises BadScalar for any other value."""
    if not isinstance(value, str):
        raise BadScalar("is not a string", f"{remedy} (in quotes if YAML would read it as another type)")
    text = str.__str__(value)
    if not text.strip() or not text.isprintable():
        raise BadScalar("is empty or contains control characters", remedy)
    return text


def pattern(regex: str, what: str, remedy: str, lower: bool = False) -> t.Callable[[t.Any], str]:
    """A parser of text that matches the whole `regex`; with `lower` the text is made lower-case first."""
    compiled = re.compile(regex)

    def parse(value: t.Any) -> str:
        text = plain_text(value, remedy)
        text = text.lower() if lower else text
        if not compiled.fullmatch(text):
            raise BadScalar(f"is not a valid {what}", remedy)
        return text

    return parse


def matching(name: str, regex: str, remedy: str, what: str = "") -> Scalar:
    """A kind of text that one pattern describes, for the parser and for editors alike.

    :param what: what a value is no valid one of, where that is not the name.
    """
    return Scalar(name, pattern(regex, what or name, remedy), {"type": "string", "pattern": f"^{regex}$"})


def _integer(low: int, high: int, what: str) -> t.Callable[[t.Any], int]:
    remedy = f"give a whole number from {low} to {high}"

    def parse(value: t.Any) -> int:
        # A template evaluates to text, so a string of digits is accepted as a number.
        if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value):
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise BadScalar(f"is not a valid {what}", remedy)
        if not low <= value <= high:
            raise BadScalar(f"is out of range for {what}", remedy)
        return int(value)

    return parse


def whole(name: str, low: int, high: int) -> Scalar:
    """A kind of whole numbers of a range, for the parser and for editors alike."""
    return Scalar(name, _integer(low, high, name), {**_NUMBER_OR_TEXT, "minimum": low, "maximum": high})


def _boolean(value: t.Any) -> bool:
    if isinstance(value, str) and value in ("True", "true", "False", "false"):
        return value in ("True", "true")
    if not isinstance(value, bool):
        raise BadScalar("is neither true nor false", "give true or false")
    return value


def _address(value: t.Any) -> Address:
    remedy = "give an IPv4 or IPv6 address such as 10.20.0.11"
    try:
        address = ipaddress.ip_address(plain_text(value, remedy))
    except ValueError:
        raise BadScalar("is not an IP address", remedy) from None
    # A scope (fe80::1%eth0) is valid on one host only.
    if address.is_multicast or address.is_unspecified or getattr(address, "scope_id", None):
        raise BadScalar("is not an address of a single device in a network", remedy)
    return address


def _subnet(value: t.Any) -> Subnet:
    remedy = "give a network such as 10.20.0.0/24"
    text = plain_text(value, remedy)
    if "/" not in text:
        raise BadScalar("has no prefix length", remedy)
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        pass
    try:
        right = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise BadScalar("is not a subnet", remedy) from None
    raise BadScalar("has host bits set", f"write {right}")


def subnet(text: str) -> Subnet:
    """A subnet from a constant text."""
    return ipaddress.ip_network(text)


def _port_ref(value: t.Any) -> PortRef:
    remedy = "write SWITCH/PORT, such as leaf1/Ethernet1"
    switch, slash, port = plain_text(value, remedy).partition("/")
    if not (switch and slash and port and NAME.match(port)):
        raise BadScalar("is not a switch port", remedy)
    return PortRef(switch, port)


def _vlan_range(value: t.Any) -> VlanRange:
    remedy = "write FIRST-LAST with VLANs from 1 to 4094, such as 100-199"
    match = re.fullmatch(r"([0-9]{1,4})-([0-9]{1,4})", plain_text(value, remedy))
    if not match:
        raise BadScalar("is not a range of VLANs", remedy)
    first, last = int(match[1]), int(match[2])
    if not 1 <= first <= last <= 4094:
        raise BadScalar("is out of range", remedy)
    return VlanRange(first, last)


def _vlan_set(value: t.Any) -> VlanRange:
    if isinstance(value, str) and "-" in value:
        return _vlan_range(value)
    vlan = _integer(1, 4094, "VLAN id")(value)
    return VlanRange(vlan, vlan)


def _secret(value: t.Any) -> t.Any:
    """Return the same object: it may be an encrypted string, or a template that is evaluated only where it is used."""
    if isinstance(value, Sealed):
        return value.value
    if not isinstance(value, str) or not value:
        raise BadScalar(
            "is not a string", 'give a string in quotes, preferably a variable from a vault: "{{ vault_password }}"'
        )
    return value


def _host_address(value: t.Any) -> Address | str:
    """An address, or a host name in lower case. A name whose last part is a number is a mistyped address."""
    try:
        return _address(value)
    except BadScalar:
        text = value.lower() if isinstance(value, str) else ""
        if not re.fullmatch(_DNS_NAME, text) or text.rpartition(".")[2].isdigit():
            raise
        return str.__str__(text)


LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DNS_NAME = rf"(?=.{{1,253}}$){LABEL}(\.{LABEL})*"
#: Names of racks and switches as people have them; a label of a Kubernetes node takes the same.
_DEVICE = r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"
_NUMBER_OR_TEXT = {"type": ["integer", "string"], "pattern": "^[0-9]{1,9}$"}

TEXT = Scalar("text", lambda value: plain_text(value, "give text"), {"type": "string", "minLength": 1})
LABEL_NAME = matching("DNS label", LABEL, "use lower-case letters, digits and inner dashes, at most 63 characters")
DEVICE_NAME = matching(
    "name of a device", _DEVICE, "use letters, digits and inner dashes, dots or underscores, at most 63 characters"
)
MACHINE_NAME = Scalar(
    "host name",
    pattern(
        rf"(?=.{{1,63}}$){LABEL}(\.{LABEL})*",
        "host name",
        "use lower-case letters, digits and inner dashes, with dots in a fully qualified name, at most 63 characters",
    ),
    {"type": "string", "pattern": rf"^{LABEL}(\.{LABEL})*$", "maxLength": 63},
)
DOMAIN = Scalar(
    "DNS name",
    pattern(_DNS_NAME, "DNS name", "give a name such as rack1.example.net"),
    {"type": "string", "pattern": rf"^{LABEL}(\.{LABEL})*$"},
)
HOST = Scalar(
    "host",
    pattern(r"[A-Za-z0-9.:_-]{1,253}", "host name or address", "give a host name or an address"),
    {"type": "string"},
)
MAC = Scalar(
    "MAC address",
    pattern(
        r"[0-9a-f]{2}(:[0-9a-f]{2}){5}",
        "MAC address",
        'give six bytes in quotes, such as "52:54:00:00:01:01"',
        lower=True,
    ),
    {"type": "string", "pattern": "^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}$"},
)
ADDRESS = Scalar("IP address", _address, {"type": "string", "pattern": "^[0-9A-Fa-f:.]+$"})
HOST_ADDRESS = Scalar("IP address or host name", _host_address, {"type": "string", "pattern": "^[0-9A-Za-z:.-]+$"})
SUBNET = Scalar("subnet", _subnet, {"type": "string", "pattern": "/[0-9]+$"})
PORT_REF = Scalar("switch port", _port_ref, {"type": "string", "pattern": "^[^/]+/[^ ]+$"})
PORT_NAME = Scalar(
    "port name",
    pattern(rf"(?=.{{1,64}}$){NAME.pattern}", "port name", "give the port's name on its switch, such as Ethernet1"),
    {"type": "string"},
)
VLAN = whole("VLAN id", 1, 4094)
VLAN_RANGE = Scalar("VLAN range", _vlan_range, {"type": "string", "pattern": "^[0-9]+-[0-9]+$"})
VLAN_SET = Scalar("VLAN id or range", _vlan_set, {**_NUMBER_OR_TEXT, "pattern": "^[0-9]{1,4}(-[0-9]{1,4})?$"})
MTU = whole("MTU", 1280, 65535)
NUMBER = Scalar("number", _integer(1, 16777214, "number"), {**_NUMBER_OR_TEXT, "minimum": 1})
COUNT = Scalar("count", _integer(0, 16777214, "count"), {**_NUMBER_OR_TEXT, "minimum": 0})
PERCENT = Scalar("percent", _integer(1, 100, "percentage"), {**_NUMBER_OR_TEXT, "minimum": 1, "maximum": 100})
RENEW_DAYS = whole("number of days", 1, MAX_RENEW_DAYS)
NODE_PREFIX = whole("prefix length", SHORTEST, LONGEST)
TCP_PORT = whole("port number", 1, 65535)
BOOLEAN = Scalar("yes or no", _boolean, {"type": ["boolean", "string"], "pattern": "^([Tt]rue|[Ff]alse)$"})
PATH = Scalar(
    "path", pattern(r"[~/][^\0\n]*", "absolute path", "give a path that begins with / or ~"), {"type": "string"}
)
URL = Scalar(
    "URL",
    pattern(r"https?://[^\s]+", "http(s) URL", "give a URL such as https://example.net/image.raw"),
    {"type": "string"},
)
UNIT = whole("rack unit", 1, 100)
SECRET = Scalar("secret", _secret, {"type": "string"})
