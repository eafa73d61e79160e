# SPDX-License-Identifier: GPL-3.0-or-later
"""What the provisioner serves on the provision network: the configuration of every daemon."""

from __future__ import annotations

import hashlib
import ipaddress
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..host.state import File
from .settings import Settings
from .sources import boot_service_files


@dataclass(frozen=True)
class Service:
    """A daemon in the foreground. `files` = those whose change needs a restart; `before` = commands that must have run;
    `after` = commands for when it has been stopped; `ready` = `udp:port`, `tcp:port` or `unix:path` that it opens,
    empty for one that opens nothing; `unit` = further lines of the section Service of its systemd unit."""

    name: str
    argv: tuple[str, ...]
    files: tuple[File, ...]
    ready: str
    before: tuple[tuple[str, ...], ...] = ()
    after: tuple[tuple[str, ...], ...] = ()
    unit: tuple[str, ...] = ()

    def digest(self) -> str:
        """A digest that changes when the service has to be restarted."""
        text = json.dumps(
            [
                self.argv,
                self.before,
                [[f.path, f.content, f.mode] for f in self.files],
                *([self.unit] if self.unit else []),
            ]
        )
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def services(settings: Settings) -> tuple[Service, ...]:
    """All daemons, in the order in which they are started."""
    return boot(settings), nginx(settings), registry(settings), chrony(settings), dnsmasq(settings)


def dnsmasq(settings: Settings) -> Service:
    """Names, and DHCP and TFTP for known machines only. Leases are never needed: every address is a reservation.

    Where no machine boots from here there are only names: the network may have a DHCP server of its own then.
    """
    boots = bool(settings.machines)
    lines = [
        "# Managed by groundup.cloud; changes are overwritten",
        f"interface={settings.interface}",
        "except-interface=lo",
        "bind-interfaces",
        "no-resolv",
        "no-hosts",
        *_names(settings),
        f"user={settings.service_user}",
        *(_dhcp(settings) if boots else ()),
    ]
    before: tuple[tuple[str, ...], ...] = ()
    after: tuple[tuple[str, ...], ...] = ()
    if boots and settings.ipv6:
        # Without a router advertisement iPXE waits 17 seconds for one; lifetime 0 keeps it from being a default route.
        lines += [
            "enable-ra",
            f"ra-param={settings.interface},10,0",
            f"dhcp-range=::,constructor:{settings.interface},ra-only",
        ]
        address = (f"{settings.prefix}1/64", "dev", settings.interface)
        before = (("ip", "-6", "addr", "replace", *address, "nodad"),)
        after = (("ip", "-6", "addr", "del", *address),)
    conf = File(settings.path("services", "dnsmasq.conf"), "\n".join(lines) + "\n")
    hosts = File(settings.path("services", "dhcp-hosts"), "".join(_reservation(m) for m in settings.machines))
    return Service(
        "dnsmasq",
        ("dnsmasq", "--keep-in-foreground", f"--conf-file={conf.path}", "--log-facility=-"),
        (conf, hosts),
        "udp:67" if boots else "udp:53",
        before,
        after,
    )


def _dhcp(settings: Settings) -> list[str]:
    """The lines for DHCP and TFTP."""
    net = ipaddress.ip_network(settings.subnet)
    return [
        "leasefile-ro",
        "no-ping",
        "dhcp-authoritative",
        f"dhcp-range={net.network_address},static,{net.netmask},1h",
        *_relays(settings),
        "dhcp-ignore=tag:!known",
        "dhcp-ignore-clid",
        "dhcp-option=3",
        "dhcp-option=6",
        f"dhcp-option=42,{settings.address}",
        "dhcp-match=set:ipxe,175",
        "dhcp-match=set:bios,option:client-arch,0",
        "dhcp-match=set:efi64,option:client-arch,7",
        "dhcp-match=set:efi64,option:client-arch,9",
        "dhcp-match=set:http,option:client-arch,16",
        "dhcp-option-force=tag:http,60,HTTPClient",
        "dhcp-boot=tag:!ipxe,tag:bios,undionly.kpxe",
        "dhcp-boot=tag:!ipxe,tag:efi64,tag:snponly,snponly.efi",
        "dhcp-boot=tag:!ipxe,tag:efi64,tag:!snponly,ipxe.efi",
        f"dhcp-boot=tag:!ipxe,tag:http,{settings.base_url}/boot/files/ipxe.efi",
        f"dhcp-boot=tag:ipxe,{settings.base_url}/boot/boot.ipxe",
        "enable-tftp",
        f"tftp-root={settings.path('tftp')}",
        f"dhcp-hostsfile={settings.path('services', 'dhcp-hosts')}",
        "quiet-ra",
    ]


def _relays(settings: Settings) -> list[str]:
    """Further subnets: dnsmasq chooses by the address of the relay, and machines there need their router."""
    lines: list[str] = []
    for index, item in enumerate(settings.relayed):
        subnet, tag = item.subnet, f"relay{index}"
        lines.append(f"dhcp-range=set:{tag},{subnet.network_address},static,{subnet.netmask},1h")
        lines.append(f"dhcp-option=tag:{tag},3,{item.gateway}")
    return lines


def _names(settings: Settings) -> list[str]:
    """What is resolved here, and who resolves the rest.

    Without resolvers other names are refused at once, which CoreDNS passes on; on nodes that have no resolver at all
    CoreDNS doesn't start.
    """
    addresses = {m.get("fqdn") or f"{m['name']}.{settings.domain}": m["address"] for m in settings.machines}
    records = [f"host-record={name},{address}" for name, address in {**addresses, **settings.names}.items()]
    own = [f"local=/{settings.domain}/", f"host-record=provisioner.{settings.domain},{settings.address}", *records]
    return (own if settings.domain else []) + [f"server={server}" for server in settings.dns_servers]


def _reservation(machine: Mapping[str, Any]) -> str:
    """One address for all network cards of a machine: only the one that booted asks. DHCP tells the name without its
    domain, which dnsmasq would compare with its own."""
    macs = ",".join(str(mac).lower() for mac in machine["macs"])
    tag = ",set:snponly" if machine.get("snponly") else ""
    return f"{macs}{tag},{machine['address']},{machine['name'].partition('.')[0]}\n"


def nginx(settings: Settings) -> Service:
    """Files, and the way to the boot service. Serves nothing outside of the named directories.

    Its log has failed requests only, so it needs no rotation; what a machine received is in its deployment's events.
    """
    run = settings.path("run")
    temporary = "".join(
        f"    {kind}_temp_path {run}/nginx-{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    text = f"""# Managed by groundup.cloud; changes are overwritten
user {settings.service_user};
worker_processes auto;
daemon off;
pid {run}/nginx-own.pid;
error_log stderr warn;
events {{ worker_connections 1024; }}
http {{
{temporary}    types {{ application/json json; text/plain ipxe; }}
    default_type application/octet-stream;
    map $status $refused {{ default 1; ~^[23] 0; }}
    access_log {settings.path("log", "access.log")} combined buffer=32k flush=5s if=$refused;
    sendfile on;
    tcp_nopush on;
    keepalive_timeout 120;
    server_tokens off;
    server {{
        listen {settings.address}:{settings.http_port};
        location /bundle/ {{ alias {_slash(settings.served_dir)}; }}
        location /images/ {{ alias {settings.path("images")}/; }}
        location ^~ /boot/files/ {{ alias {settings.path("boot")}/; }}
        location ~ ^/(boot|deploy)/ {{
            access_log off;
            client_max_body_size 1m;
            proxy_set_header X-Real-IP $remote_addr;
            proxy_pass http://unix:{run}/boot.sock;
        }}
        location / {{ return 404; }}
    }}
}}
"""
    conf = File(settings.path("services", "nginx.conf"), text)
    return Service(
        "nginx",
        ("nginx", "-e", "stderr", "-p", settings.state_dir, "-c", conf.path),
        (conf,),
        f"tcp:{settings.http_port}",
    )


def _slash(path: str) -> str:
    return path.rstrip("/") + "/"


def registry(settings: Settings) -> Service:
    """The OCI registry of the bundles, read-only, over TLS with a certificate of the cloud's own CA."""
    config = {
        "version": 0.1,
        "log": {"level": "warn", "accesslog": {"disabled": True}},
        "storage": {
            "filesystem": {"rootdirectory": os.path.join(settings.served_dir, "registry")},
            "cache": {"blobdescriptor": "inmemory"},
            "redirect": {"disable": True},
            "maintenance": {"readonly": {"enabled": True}, "uploadpurging": {"enabled": False}},
        },
        "http": {
            "addr": f"{settings.address}:{settings.registry_port}",
            "tls": {"certificate": settings.path("ca", "registry.crt"), "key": settings.path("ca", "registry.key")},
        },
    }
    conf = File(settings.path("services", "registry.yml"), json.dumps(config, indent=1, sort_keys=True) + "\n")
    return Service("registry", ("docker-registry", "serve", conf.path), (conf,), f"tcp:{settings.registry_port}")


def chrony(settings: Settings) -> Service:
    """Time for the machines. Sets this host's clock only if upstream servers are named."""
    run = settings.path("run")
    lines = [
        "# Managed by groundup.cloud; changes are overwritten",
        *(f"server {name} iburst" for name in settings.ntp_upstream),
        "local stratum 8",
        f"allow {settings.subnet}",
        *(f"allow {item.subnet}" for item in settings.relayed),
        f"bindaddress {settings.address}",
        "port 123",
        "cmdport 0",
        "bindcmdaddress /",
        f"pidfile {run}/chronyd-own.pid",
        f"driftfile {settings.path('services', 'chrony.drift')}",
    ]
    conf = File(settings.path("services", "chrony.conf"), "\n".join(lines) + "\n")
    adjust = () if settings.ntp_upstream else ("-x",)
    return Service(
        "chrony", ("chronyd", "-d", *adjust, "-u", settings.service_user, "-f", conf.path), (conf,), "udp:123"
    )


def boot(settings: Settings) -> Service:
    """The boot service, on a socket that only nginx uses."""
    config = {
        "state_dir": settings.state_dir,
        "base_url": settings.base_url,
        "listen": f"unix:{settings.path('run', 'boot.sock')}",
        "group": settings.service_user,
        "kernel_arguments": settings.kernel_arguments,
    }
    conf = File(settings.path("services", "boot_service.json"), json.dumps(config, indent=1, sort_keys=True) + "\n")
    code = tuple(File(settings.path("services", name), text) for name, text in boot_service_files().items())
    return Service(
        "boot",
        ("python3", "-I", "-c", _RUN.format(repr(settings.path("services"))), conf.path),
        (conf, *code),
        f"unix:{settings.path('run', 'boot.sock')}",
    )


#: -I keeps the environment and the working directory out of the daemon; its own directory has to be named then.
_RUN = "import sys; sys.path.insert(0, {}); import boot_service; sys.exit(boot_service.main(sys.argv))"
