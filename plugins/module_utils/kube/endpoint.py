# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoint of the API: keepalived moves its address, haproxy on every control plane spreads the connections."""

from __future__ import annotations

from .settings import Settings

#: By which files of ours are known.
MARK = "written by groundup.cloud"


def haproxy(settings: Settings) -> str:
    """haproxy.cfg: forwards TCP to every API server that is ready."""
    # With one server, a failed check while that server is busy would only disconnect all clients.
    check = "" if settings.single else " check"
    known = sorted(settings.control_planes.items())
    servers = "".join(f"    server {name} {address}:6443{check}\n" for name, address in known)
    # A check is a new TLS connection. Where one costs a good part of a second, frequent checks overload the server.
    interval, fast, timeout = ("15s", "5s", "30s") if settings.slow else ("2s", "1s", "10s")
    return f"""# The API of cluster {settings.cluster}, {MARK}; changes by hand are undone.
global
    log /dev/log local0 notice
    user haproxy
    group haproxy
    maxconn 4000
    nbthread 1

defaults
    mode tcp
    log global
    option dontlognull
    timeout connect 5s
    timeout client 1h
    timeout server 1h
    timeout check {timeout}
    option redispatch 1

frontend api
    # transparent: the address may be at another control plane just now
    bind {settings.endpoint.address}:{settings.endpoint.port} transparent
    default_backend apiservers

backend apiservers
    balance leastconn
    option httpchk GET /readyz
    http-check expect status 200
    # Only the health check ends here, without a credential; clients verify the API server's certificate end to end.
    default-server inter {interval} fastinter {fast} downinter {interval} fall 3 rise 1
    default-server check-ssl verify none on-marked-down shutdown-sessions
{servers}"""


def keepalived(settings: Settings) -> str:
    """keepalived.conf: control planes have the same priority, and none takes the address from another that works."""
    endpoint, node = settings.endpoint, settings.node
    others = sorted(address for name, address in settings.control_planes.items() if name != node.name)
    peers = ""
    if others:
        lines = "".join(f"        {address}\n" for address in others)
        peers = f"    unicast_src_ip {node.address}\n    check_unicast_src\n    unicast_peer {{\n{lines}    }}\n"
    advert = 3 if settings.slow else 1
    return f"""# Address of the API of cluster {settings.cluster}, {MARK}; changes here are undone.
global_defs {{
    router_id {node.name}
    enable_script_security
    script_user root
}}

vrrp_track_process haproxy {{
    process haproxy
    delay 1
}}

vrrp_instance api {{
    interface {endpoint.interface}
    state BACKUP
    nopreempt
    priority 100
    virtual_router_id {endpoint.router_id}
    advert_int {advert}
{peers}    virtual_ipaddress {{
        {endpoint.address}/32 dev {endpoint.interface}
    }}
    track_process {{
        haproxy
    }}
}}
"""
