# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scalars in notations of other projects: digests, ssh keys, quantities and labels of Kubernetes, OVSDB addresses."""

from __future__ import annotations

import ipaddress
import re
import tomllib
import typing as t

from ..bmc.arguments import CIPHERS
from ..cluster import address_ranges, bgp
from ..host.state import HostError
from ..kube import addresses, kubelet_fields, kubelet_settings
from ..kube import settings as kube
from ..layers import host_base, kernel_arguments, registry_logins
from .scalars import LABEL, BadScalar, Scalar, matching, pattern, plain_text


def _quantity(value: t.Any) -> str:
    remedy = "give a Kubernetes quantity such as 40, 500m, 160Gi or 2Ti"
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63:
        return str(int(value))
    text = plain_text(value, remedy)
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?", text):
        raise BadScalar("is not a quantity", remedy)
    return text


def _address_range(value: t.Any) -> address_ranges.AddressRange:
    remedy = "write FIRST-LAST, such as 10.30.0.200-10.30.0.220, or a subnet such as 10.30.0.192/27"
    try:
        return address_ranges.parse(plain_text(value, remedy))
    except address_ranges.BadRange as error:
        raise BadScalar(str(error), remedy) from None


#: AS_TRANS, and the last number of two bytes.
RESERVED_AS = (23456, 65535)


def _as_number(value: t.Any) -> int:
    remedy = f"give a whole number from 1 to {bgp.LAST_AS}"
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,10}", value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= bgp.LAST_AS:
        raise BadScalar("is not an AS number", remedy)
    if value in RESERVED_AS:
        raise BadScalar("is a reserved AS number (RFC 6793, RFC 7300)", f"{remedy} that is not reserved")
    return int(value)


def _socket(value: t.Any) -> str:
    remedy = "write tcp/PORT, udp/PORT or tcp/FIRST-LAST with ports from 1 to 65535"
    text = plain_text(value, remedy)
    if not host_base.SOCKETS.match(text):
        raise BadScalar("is not a protocol and port", remedy)
    try:
        protocol, first, last = host_base.sockets(text)
    except HostError:
        raise BadScalar("is out of range", remedy) from None
    return f"{protocol}/{first}" if first == last else f"{protocol}/{first}-{last}"


def _public_key(value: t.Any) -> str:
    remedy = "give one line of a .pub file, such as ssh-ed25519 AAAA… me"
    if isinstance(value, str) and "PRIVATE KEY" in value:
        raise BadScalar("is a private key", f"{remedy}, and keep the private key secret", hidden=True)
    text = plain_text(value, remedy)
    # Options of authorized_keys may come first.
    if not re.search(r"(^|\s)(ssh|ecdsa|sk)-[A-Za-z0-9@.-]+ [A-Za-z0-9+/]+={0,3}(\s|$)", text):
        raise BadScalar("is not a valid public ssh key", remedy)
    return text


_CIPHERS = "|".join(map(str, CIPHERS))


def _cipher(value: t.Any) -> int:
    """A cipher suite that is spoken here; a template makes text of it."""
    if isinstance(value, bool) or str(value) not in _CIPHERS.split("|"):
        raise BadScalar("is no cipher suite that is spoken", f"write {' or '.join(_CIPHERS.split('|'))}")
    return int(value)


def _sysctl_value(value: t.Any) -> str:
    """The value as the kernel shows it: single spaces between numbers."""
    if isinstance(value, bool) or not isinstance(value, (int, str)) or not str(value).strip():
        raise BadScalar("isn't a number or a text", 'write a number, or a text such as "4096 87380 16777216"')
    if "\n" in str(value):
        raise BadScalar("has several lines", "write it on one line")
    return " ".join(str(value).split())


def _toml(value: t.Any) -> str:
    """TOML of at least one key; the text is left as it is."""
    if not isinstance(value, str):
        raise BadScalar("isn't a text", "write the TOML as a block: `NAME: |` and the lines below it, indented")
    try:
        content = tomllib.loads(value)
    except tomllib.TOMLDecodeError as error:
        raise BadScalar(f"isn't TOML: {error}", "see https://toml.io for its rules") from None
    if not content:
        raise BadScalar("is empty", "give at least one key, or remove it")
    return value


def _kernel_argument(value: t.Any) -> str:
    text = plain_text(value, "give one argument, such as hugepagesz=1G")
    message, remedy = kernel_arguments.fault(text)
    if message:
        raise BadScalar(message, remedy)
    return text


def _kubelet_field(value: t.Any) -> str:
    name = plain_text(value, "give a field of KubeletConfiguration such as maxPods")
    message, remedy = kubelet_settings.name_fault(name)
    if message:
        raise BadScalar(message, remedy)
    return name


def _api_name(value: t.Any) -> str:
    remedy = "give a name such as k8s.example.net or *.example.net, or an address"
    text = plain_text(value, remedy).lower()
    try:
        text = str(ipaddress.ip_address(text))
    except ValueError:
        if not addresses.is_api_name(text):
            raise BadScalar("is neither a DNS name nor an address", remedy) from None
    return text


def _node_value(value: t.Any) -> str:
    """The value of a Kubernetes label or taint, which may be empty."""
    return "" if isinstance(value, str) and not value else _NODE_VALUE(value)


_QUALIFIED = r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"
_NODE_VALUE = pattern(
    _QUALIFIED, "label value", "give letters, digits and inner dashes, dots or underscores, at most 63 characters"
)
ACCOUNT = Scalar(
    "account",
    pattern(
        r"[a-z_][a-z0-9_.-]{0,31}",
        "name of an account",
        "give lower case letters, digits, dots, dashes and underscores, at most 32",
    ),
    {"type": "string", "pattern": "^[a-z_][a-z0-9_.-]{0,31}$"},
)
SHA256 = Scalar(
    "SHA-256",
    pattern(r"[0-9a-f]{64}", "SHA-256 digest", "give 64 hexadecimal digits", lower=True),
    {"type": "string", "pattern": "^[0-9A-Fa-f]{64}$"},
)
FINGERPRINT = Scalar(
    "certificate fingerprint",
    pattern(
        r"(sha256:)?[0-9A-Fa-f]{2}(:?[0-9A-Fa-f]{2}){31}",
        "SHA-256 fingerprint",
        "give the SHA-256 of the certificate, as `openssl x509 -noout -fingerprint -sha256` prints it",
    ),
    {"type": "string"},
)
DATABASE = Scalar(
    "OVSDB",
    pattern(
        r"(unix:/[^\s]+|(ssl|tcp):[^\s]+:[0-9]{1,5})", "OVSDB address", "write unix:/PATH/db.sock or ssl:HOST:6640"
    ),
    {"type": "string"},
)
API_NAME = Scalar("DNS name or address", _api_name, {"type": "string", "pattern": r"^[0-9A-Za-z*][0-9A-Za-z.:-]*$"})
REGISTRY = Scalar(
    "registry",
    pattern(
        registry_logins.REGISTRY.pattern,
        "registry",
        "give it as images name it, such as harbor.example.net, *.example.net:5000 or ghcr.io/example",
        lower=True,
    ),
    {"type": "string"},
)
ADDRESS_RANGE = Scalar(
    "range of addresses", _address_range, {"type": "string", "pattern": "^[0-9A-Fa-f:.]+ *[-/] *[0-9A-Fa-f:.]+$"}
)
AS_NUMBER = Scalar(
    "AS number",
    _as_number,
    {"type": ["integer", "string"], "pattern": "^[0-9]{1,10}$", "minimum": 1, "maximum": bgp.LAST_AS},
)
CPU_MODEL = matching(
    "CPU model", "[A-Za-z0-9][A-Za-z0-9_.-]*", "give one of libvirt, such as Skylake-Server-IBRS", "model of CPUs"
)
FEATURE_GATE = matching(
    "feature gate", "[A-Za-z][A-Za-z0-9]*", "give a name such as CPUManager", "name of a feature gate"
)
STORAGE_CLASS = matching(
    "storage class",
    "[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?",
    "give a name such as rook-ceph-block",
    "name of a storage class",
)
REGISTRY_USER = matching("user of a registry", "[^:\\s]+", "give the user without a colon")
SOCKET = Scalar("socket", _socket, {"type": "string", "pattern": "^(tcp|udp)/[0-9]{1,5}(-[0-9]{1,5})?$"})
SYSCTL = matching(
    "sysctl", "[a-z0-9_-]+([./][A-Za-z0-9_.-]+)+", "give a name such as vm.nr_hugepages", "name of a sysctl"
)
SYSCTL_VALUE = Scalar("value of a sysctl", _sysctl_value, {"type": ["integer", "string"]})
CIPHER = Scalar("cipher suite", _cipher, {"type": ["integer", "string"], "pattern": f"^({_CIPHERS})$"})
INTERFACE = matching(
    "interface",
    kube.INTERFACE.pattern.removesuffix(r"\Z"),
    "give its name, as `ip link` shows it: at most 15 characters",
)
TOML = Scalar("TOML", _toml, {"type": "string", "minLength": 1})
KUBELET_FIELD = Scalar(
    "field of KubeletConfiguration",
    _kubelet_field,
    {"type": "string", "enum": sorted(set(kubelet_fields.FIELDS) - set(kubelet_fields.OWNED))},
)
#: The value is checked by its field, in check_kubelet.
KUBELET_VALUE = Scalar(
    "value of the field",
    lambda value: value,
    {"type": ["integer", "number", "string", "boolean", "array", "object", "null"]},
)
PACKAGE = matching(
    "Debian package",
    "[a-z0-9][a-z0-9+.-]+",
    "give a name such as lldpd, without a version",
    "name of a Debian package",
)
KERNEL_ARGUMENT = Scalar("kernel argument", _kernel_argument, {"type": "string", "pattern": "^[^ \"'$]+$"})
KERNEL_MODULE = matching("kernel module", "[A-Za-z0-9_-]+", "give a name such as vfio-pci", "name of a kernel module")
VERSION = Scalar(
    "version",
    pattern(r"[0-9]+\.[0-9]+\.[0-9]+", "version", 'give three numbers in quotes, such as "1.36.3"'),
    {"type": "string"},
)
NODE_KEY = Scalar(
    "label key",
    pattern(
        rf"(?=.{{1,317}}$)({LABEL}(\.{LABEL})*/)?{_QUALIFIED}",
        "label key of Kubernetes",
        "write NAME or DOMAIN/NAME, such as example.net/gpu",
    ),
    {"type": "string", "pattern": rf"^({LABEL}(\.{LABEL})*/)?{_QUALIFIED}$"},
)
NODE_VALUE = Scalar("label value", _node_value, {"type": "string", "pattern": f"^({_QUALIFIED})?$"})
IMAGE_REFERENCE = Scalar(
    "image reference",
    pattern(r"[^\s/:]+(:[0-9]+)?/[^\s:@]+:[^\s/:@]+", "image reference", "write HOST/NAME:TAG as in the bundle's lock"),
    {"type": "string"},
)
BESIDE = Scalar(
    "path beside the model",
    pattern(r"[^\0\n{}%]*[^\0\n{}%\s]", "path", "give a path relative to the model, or one that begins with / or ~"),
    {"type": "string", "minLength": 1},
)
IMAGE_PLACE = Scalar(
    "place of an image",
    pattern(
        r"(docker://[^\s]+/[^\s]+|(oci|oci-archive|docker-archive|dir):/[^\s]+)",
        "place of an image",
        "write it as skopeo does: oci:/PATH, oci-archive:/FILE, docker-archive:/FILE, dir:/PATH or docker://HOST/NAME:TAG",
    ),
    {"type": "string"},
)
UUID = Scalar(
    "UUID",
    pattern(
        r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        "UUID",
        "give it as the BMC prints it, such as 4c4c4544-0044-4810-8031-b3c04f4a4d32",
        lower=True,
    ),
    {"type": "string", "pattern": "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$"},
)
PUBLIC_KEY = Scalar("public ssh key", _public_key, {"type": "string"})
QUANTITY = Scalar("quantity", _quantity, {"type": ["integer", "string"]})
