# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""host_base: what a machine needs below a container runtime, as a HostState."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import replace
from typing import Any

from ..host.layer import Renderer
from ..host.packages import OWN_SOURCE
from ..host.settings import settings
from ..host.state import Block, Clock, File, Hook, HostError, HostState, Purge, Unit
from ..host.system import System
from . import kernel_arguments, kernel_faults, kvm, offload
from .host_names import Names

DEFAULTS: dict[str, Any] = {
    "packages": [],
    "apt": {},
    "kernel_modules": [],
    "virtual_machines": kvm.NONE,
    "kernel_arguments": [],
    "checksums_by_kernel": [],
    "sysctls": {},
    "ntp_servers": [],
    "clock_limit": 5,
    "hosts": {},
    "swap": False,
    "limits": {"nofile": 1048576},
    "journal": {"max_use": "500M", "max_days": 30},
    "firewall": {},
    "ca_certificates": {},
    "registry_ca": None,
    "hostname": None,
    "fqdn": None,
}
APT: dict[str, Any] = {"url": None, "suite": "./", "components": [], "signed_by": None}
FIREWALL = {"enabled": False, "trusted": [], "open": [], "ssh_port": 22}

#: what kubeadm's preflight, kubelet, kube-proxy and the proofs call, and what verifies TLS; our images have all of it
PACKAGES = (
    "ca-certificates", "conntrack", "ethtool", "iproute2", "iptables", "iputils-ping", "kmod", "procps", "socat",
    "util-linux",
)  # fmt: skip
#: overlay: containerd's snapshotter; br_netfilter: services reach pods behind a bridge; nf_conntrack: kube-proxy
MODULES = ("overlay", "br_netfilter", "nf_conntrack")
#: required by kubelet (panic: its protectKernelDefaults), CNI plugins and storage (inotify and aio: many pods, Ceph)
SYSCTLS = {
    "net.ipv4.ip_forward": "1",
    "net.bridge.bridge-nf-call-iptables": "1",
    "net.bridge.bridge-nf-call-ip6tables": "1",
    "fs.inotify.max_user_watches": "524288",
    "fs.inotify.max_user_instances": "8192",
    "fs.aio-max-nr": "1048576",
    "kernel.panic": "10",
    "kernel.panic_on_oops": "1",
    "vm.overcommit_memory": "1",
    "vm.swappiness": "1",
}
SOCKETS = re.compile(r"(tcp|udp)/([0-9]{1,5})(?:-([0-9]{1,5}))?\Z")
CERTIFICATES = "/usr/local/share/ca-certificates"
#: the deployment writes it as well (provision/agent/seed.py), so its name is not one of those that are purged
REGISTRY_CA = f"{CERTIFICATES}/groundup.crt"
LIMITS = "/etc/security/limits.d/90-groundup.conf"
RULES = "/etc/groundup/firewall.nft"
FIREWALL_UNIT = "/etc/systemd/system/groundup-firewall.service"
FIREWALL_WANTED = "/etc/systemd/system/sysinit.target.wants/groundup-firewall.service"


def render(params: dict[str, Any]) -> HostState:
    """The role's input ``host_base`` (see its argument_specs) as desired state. HostError on a wrong value."""
    base = settings("host_base", params, DEFAULTS)
    firewall = settings("host_base.firewall", base["firewall"], FIREWALL)
    servers = tuple(base["ntp_servers"])
    kernel_arguments.check(base["kernel_arguments"])
    guests = str(base["virtual_machines"])
    kvm.check(guests)
    packages = [
        *PACKAGES,
        *base["packages"],
        *(["chrony"] if servers else []),
        *(["nftables"] if firewall["enabled"] else []),
    ]
    apt = apt_files(settings("host_base.apt", base["apt"], APT))
    names = Names(base["hostname"], base["fqdn"])
    return HostState(
        layer="host_base",
        packages=tuple(dict.fromkeys(packages)),
        files=(*apt, *limit_files(base["limits"]), *journal_files(base["journal"]), *time_files(servers),
               *certificate_files(base["ca_certificates"], base["registry_ca"]), *firewall_files(firewall),
               *offload.files(base["checksums_by_kernel"]), *kvm.files(guests), *names.files),
        absent=(*absent_files(base, firewall), *kvm.absent(guests)),
        blocks=(*host_blocks(base["hosts"]), *names.blocks),
        purge=(Purge(CERTIFICATES, "groundup-*.crt"), offload.PURGE),
        modules=tuple(dict.fromkeys((*MODULES, *base["kernel_modules"]))),
        sysctls={**SYSCTLS, **names.sysctls, **{key: str(value) for key, value in base["sysctls"].items()}},
        swap_off=not base["swap"],
        clock=Clock(servers, float(base["clock_limit"])) if servers else None,
        hooks=(*hooks(firewall), *offload.hooks(base["checksums_by_kernel"]), *kvm.hooks(guests)),
        kernel_arguments=tuple(base["kernel_arguments"]),
        units=units(servers, firewall),
    )  # fmt: skip


def renderer(system: System) -> Renderer:
    """The layer's state on this machine, with what its boot configuration is."""

    def rendered(params: dict[str, Any]) -> HostState:
        state = render(params)
        guests = str(params.get("virtual_machines") or kvm.NONE)
        kvm.refuse(guests, system)
        if guests != kvm.NONE:
            state = replace(state, warnings=kernel_faults.warnings(system))
        return kernel_arguments.with_boot(state, system)

    return rendered


def absent_files(base: dict[str, Any], firewall: dict[str, Any]) -> tuple[str, ...]:
    """Files of earlier runs that are no longer wanted, with the link that enabled the firewall's unit."""
    paths = [] if firewall["enabled"] else [RULES, FIREWALL_UNIT, FIREWALL_WANTED]
    paths += [] if (base["apt"] or {}).get("url") else [OWN_SOURCE]
    paths += [] if base["limits"] else [LIMITS]
    return tuple(paths)


def apt_files(apt: dict[str, Any]) -> tuple[File, ...]:
    """The bundle's packages as apt source; other sources of the host stay, and are not used while it exists.

    A flat repository ("./") without a key is trusted over TLS only, which authenticates its server.
    """
    if not apt["url"]:
        return ()
    lines = ["Types: deb", f"URIs: {apt['url']}", f"Suites: {apt['suite']}"]
    lines += [f"Components: {' '.join(apt['components'])}"] if apt["components"] else []
    lines += [f"Signed-By: {apt['signed_by']}"] if apt["signed_by"] else []
    lines += ["Trusted: yes"] if not apt["signed_by"] and str(apt["url"]).startswith("https://") else []
    return (File(OWN_SOURCE, "\n".join(lines) + "\n"),)


def limit_files(limits: dict[str, Any]) -> tuple[File, ...]:
    """Limits of login sessions, soft and hard alike: {item: value} of limits.conf."""
    lines = [f"{who} - {item} {value}\n" for item, value in sorted(limits.items()) for who in ("*", "root")]
    return (File(LIMITS, "".join(lines)),) if lines else ()


def journal_files(journal: dict[str, Any]) -> tuple[File, ...]:
    """Limits of the journal, so that logs never fill the root disk."""
    known = settings("host_base.journal", journal, DEFAULTS["journal"])
    content = f"[Journal]\nSystemMaxUse={known['max_use']}\nMaxRetentionSec={known['max_days']}day\n"
    return (File("/etc/systemd/journald.conf.d/90-groundup.conf", content),)


def time_files(servers: tuple[str, ...]) -> tuple[File, ...]:
    """chrony, allowed to step the clock at any time: certificates and leases suffer more from a wrong clock."""
    if not servers:
        return ()
    lines = [f"server {server} iburst" for server in servers]
    lines += [
        "driftfile /var/lib/chrony/chrony.drift",
        "ntsdumpdir /var/lib/chrony",
        "makestep 1 -1",
        "rtcsync",
        "port 0",
    ]
    return (File("/etc/chrony/chrony.conf", "\n".join(lines) + "\n"),)


def certificate_files(certificates: dict[str, str], registry: str | None) -> tuple[File, ...]:
    """CAs that the host trusts: {name: PEM}, and that of the registry."""
    named = {f"ca_certificates.{name}": (f"{CERTIFICATES}/groundup-{name}.crt", certificates[name])
             for name in sorted(certificates)}  # fmt: skip
    wanted = {**named, **({"registry_ca": (REGISTRY_CA, registry)} if registry else {})}
    for key, (_path, pem) in wanted.items():
        if "-----BEGIN CERTIFICATE-----" not in pem:
            raise HostError(f"host_base.{key}: not a PEM certificate; give the file's text")
    return tuple(File(path, pem.strip() + "\n") for path, pem in wanted.values())


def host_blocks(hosts: dict[str, str]) -> tuple[Block, ...]:
    """Names of the cloud in /etc/hosts, so that nodes find each other while DNS is down."""
    lines = [f"{address} {name}\n" for name, address in sorted(hosts.items())]
    return (Block("/etc/hosts", "hosts", "".join(lines)),)


def firewall_files(firewall: dict[str, Any]) -> tuple[File, ...]:
    """The collection's own nftables table and the unit that loads it at boot."""
    if not firewall["enabled"]:
        return ()
    unit = (
        "[Unit]\nDescription=groundup firewall (table inet groundup)\n"
        "Wants=network-pre.target\nBefore=network-pre.target\n"
        "DefaultDependencies=no\nAfter=local-fs.target\nConflicts=shutdown.target\nBefore=shutdown.target\n\n"
        f"[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/usr/sbin/nft -f {RULES}\n\n"
        "[Install]\nWantedBy=sysinit.target\n"
    )
    return (File(RULES, ruleset(firewall)), File(FIREWALL_UNIT, unit))


def sockets(item: Any) -> tuple[str, int, int]:
    """The protocol, and the first and last port of an entry of ``open``: tcp/6443 or udp/30000-32767.

    The model applies the same rule, so that what is wrong is an error before any machine is reached.
    """
    found = SOCKETS.match(str(item))
    first, last = (int(found[2]), int(found[3] or found[2])) if found else (0, 0)
    if not found or not 1 <= first <= last <= 65535:
        raise HostError(f"host_base.firewall.open: {item} is not like tcp/6443 or tcp/30000-32767")
    return found[1], first, last


def network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """A network that is trusted. HostError names what is none."""
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise HostError(f"host_base.firewall.trusted: {error}; write it like 10.0.0.0/24") from error


def ruleset(firewall: dict[str, Any]) -> str:
    """The table as nft reads it: replaced in one transaction, other tables (kube-proxy, CNI) are never touched.

    Only traffic *to* the host is filtered; forwarding belongs to the pod network. ssh is open always, so that the
    administrator is never locked out. ``trusted``: networks with full access; ``open``: ["tcp/6443", …].
    """
    sources = [network(item) for item in firewall["trusted"]]
    if not sources:
        raise HostError(
            "host_base.firewall.trusted: is empty; name the cloud's networks, pods included, or nodes lose contact"
        )
    rules = [
        "ct state established,related accept", "ct state invalid drop", 'iifname "lo" accept',
        "meta l4proto { icmp, ipv6-icmp } accept", f"tcp dport {int(firewall['ssh_port'])} accept",
    ]  # fmt: skip
    rules += [f"ip{'6' if net.version == 6 else ''} saddr {net} accept" for net in sources]
    for item in firewall["open"]:
        protocol, first, last = sockets(item)
        rules.append(f"{protocol} dport {first}{f'-{last}' if last != first else ''} accept")
    body = "".join(f"\t\t{rule}\n" for rule in rules)
    head = "\t\ttype filter hook input priority filter; policy drop;\n"
    table = f"table inet groundup {{\n\tchain input {{\n{head}{body}\t}}\n}}\n"
    return f"table inet groundup\ndelete table inet groundup\n{table}"


def hooks(firewall: dict[str, Any]) -> tuple[Hook, ...]:
    """Commands that make certificates and firewall rules take effect; rules removed by hand are loaded again."""
    found = [Hook("ca-certificates", ("update-ca-certificates",), (f"{CERTIFICATES}/",))]
    table = ("nft", "list", "table", "inet", "groundup")
    if firewall["enabled"]:
        found.append(Hook("firewall", ("nft", "-f", RULES), (RULES,), table))
    else:  # without it the removed rules would filter until the next boot; add, so that delete never fails
        found.append(Hook("firewall", ("nft", "add table inet groundup; delete table inet groundup"), (RULES,)))
    return tuple(found)


def units(servers: tuple[str, ...], firewall: dict[str, Any]) -> tuple[Unit, ...]:
    """Services of this layer. Debian's package chrony replaces timesyncd."""
    found = [
        Unit("systemd-journald.service", enabled=None, restart_on=("/etc/systemd/journald.conf.d/90-groundup.conf",))
    ]
    if servers:
        found.append(Unit("chrony.service", restart_on=("/etc/chrony/chrony.conf",)))
    if firewall["enabled"]:
        found.append(Unit("groundup-firewall.service"))
    return tuple(found)
