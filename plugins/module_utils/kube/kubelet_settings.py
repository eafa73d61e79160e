# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of one kubelet beyond what kubeadm gives to all: a drop-in that the kubelet merges over its configuration.

The kubelet merges mappings key by key and replaces lists (its flag ``--config-dir``, JSON merge patch, RFC 7396).
Drop-ins of others in the same directory stay.
"""

from __future__ import annotations

import difflib
import hashlib
import re
import typing as t
from dataclasses import dataclass

from . import yaml
from .kubelet_fields import EACH, FIELDS, OWNED, Kind

DIRECTORY = "/etc/kubernetes/kubelet.conf.d"
FILE = f"{DIRECTORY}/50-groundup.conf"
HEAD = "# Written by groundup.cloud; changes by hand are undone.\n"
Values = t.Mapping[str, t.Any]

#: Go's time.ParseDuration, and resource.Quantity of Kubernetes without exponents.
_TIME = re.compile(r"(0|([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)\Z")
_QUANTITY = re.compile(r"[0-9]+(\.[0-9]+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?\Z")
_PERCENT = re.compile(r"[0-9]+(\.[0-9]+)?%\Z")
#: Kind of value -> what to write.
_REMEDIES = {
    "flag": "give true or false",
    "number": "give a whole number",
    "fraction": "give a number from 0 to 1",
    "text": "give a text",
    "time": "give a duration such as 30s or 5m0s",
    "quantity": "give a quantity such as 500m, 2 or 1Gi",
    "threshold": "give a quantity such as 500Mi, or a part such as 10%",
}


@dataclass(frozen=True)
class Fault:
    """What is wrong with one field: its place below the settings, its value, what is wrong with it, and the remedy."""

    path: str
    value: t.Any
    message: str
    remedy: str

    def __str__(self) -> str:
        value = "" if self.value is None else f"{self.value!r} "
        return f"{self.path}: {value}{self.message}; {self.remedy}"


def name_fault(name: str) -> tuple[str, str]:
    """What is wrong with the name of a field, and the remedy; empty where nothing is."""
    if name in OWNED:
        return "can't be set", f"remove it: {OWNED[name]}"
    if name in FIELDS:
        return "", ""
    return "is no field of KubeletConfiguration", _probably(name, [field for field in FIELDS if field not in OWNED])


def faults(settings: Values) -> t.Iterator[Fault]:
    """Everything that is wrong with settings."""
    for name, value in settings.items():
        message, remedy = name_fault(str(name))
        if message:
            yield Fault(str(name), None, message, remedy)
        elif value is not None:
            yield from _wrong(str(name), FIELDS[str(name)], value)


def normal(settings: Values) -> dict[str, t.Any]:
    """The settings as the kubelet takes them: numbers as texts where it wants texts, and nothing that is null."""
    found = {name: _normal(FIELDS[name], value) for name, value in settings.items() if value is not None}
    if found.get("shutdownGracePeriodByPodPriority"):
        # The configuration of all nodes has these two, and the kubelet takes one way to say it only.
        found = {"shutdownGracePeriod": "0s", "shutdownGracePeriodCriticalPods": "0s"} | found
    return found


def document(settings: Values) -> dict[str, t.Any]:
    """The drop-in, with fields in the order of their names."""
    head = {"apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration"}
    return head | dict(sorted(normal(settings).items()))


def text(settings: Values) -> str:
    """The file of the drop-in."""
    return HEAD + yaml.dump(document(settings))


def digest(settings: Values) -> str:
    """What tells kubelets with different settings apart; empty for one that has none of its own."""
    return hashlib.sha256(text(settings).encode()).hexdigest() if settings else ""


def _probably(name: str, known: t.Iterable[str]) -> str:
    by_small = {word.lower(): word for word in known}
    close = difflib.get_close_matches(name.lower(), by_small, 1)
    if close:
        return f"did you mean {by_small[close[0]]}?"
    return "see KubeletConfiguration (v1beta1) in the reference of Kubernetes"


def _wrong(path: str, kind: Kind, value: t.Any) -> t.Iterator[Fault]:
    if isinstance(kind, dict):
        yield from _wrong_mapping(path, kind, value)
    elif isinstance(kind, list):
        if not isinstance(value, list | tuple):
            yield Fault(path, value, "is not a list", "give a list")
            return
        for place, item in enumerate(value):
            yield from _wrong(f"{path}[{place}]", kind[0], item)
    elif isinstance(kind, tuple):
        if value not in kind:
            yield Fault(path, value, f"is not one of {', '.join(kind)}", "choose one of them")
    elif not _fits(kind, value):
        yield Fault(path, value, f"is not a {kind}", _REMEDIES[kind])


def _wrong_mapping(path: str, kind: dict[str, t.Any], value: t.Any) -> t.Iterator[Fault]:
    if not isinstance(value, t.Mapping):
        yield Fault(path, value, "is not a mapping", "give names and their values")
        return
    for name, item in value.items():
        if EACH not in kind and name not in kind:
            yield Fault(f"{path}.{name}", None, "is no field of KubeletConfiguration", _probably(str(name), kind))
        elif item is not None:
            yield from _wrong(f"{path}.{name}", kind.get(EACH) or kind[name], item)


def _fits(kind: str, value: t.Any) -> bool:
    """Whether a value is of a kind that a word names."""
    if kind == "any":
        return True
    if kind == "flag":
        return isinstance(value, bool)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return False
    if kind in ("number", "fraction"):
        return isinstance(value, int) or (kind == "fraction" and isinstance(value, float))
    written = str(value)
    if kind == "text":
        return written.isprintable()
    if kind == "time":
        return bool(_TIME.match(written))
    return bool(_QUANTITY.match(written)) or (kind == "threshold" and bool(_PERCENT.match(written)))


def _normal(kind: Kind, value: t.Any) -> t.Any:
    if isinstance(kind, dict):
        inner = {name: item for name, item in value.items() if item is not None}
        return {str(name): _normal(kind.get(EACH) or kind[name], item) for name, item in inner.items()}
    if isinstance(kind, list):
        return [_normal(kind[0], item) for item in value]
    if isinstance(kind, tuple) or kind in ("text", "time", "quantity", "threshold"):
        return str(value)
    return value
