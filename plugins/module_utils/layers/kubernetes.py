# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files and services of a node, and of a control plane with the API's endpoint. kube/ initializes and joins."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ..host.state import Directory, File, Hook, HostState, Unit
from ..host.system import System
from ..kube import config, endpoint, kubelet_settings, patches, paths, policy, yaml
from ..kube.settings import EXTERNAL, Settings, parse
from .artefacts import links, programs

MULTI, PROGRAMS = "kubernetes", ("kubeadm", "kubelet", "kubectl")
#: Images that carry the version of Kubernetes; those of etcd, CoreDNS and pause have versions of their own.
VERSIONED_IMAGES = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy")
CONTROL_PLANE_PACKAGES = ("haproxy", "keepalived")
#: Parameters that kubeadm's preflight asks for, and kube-proxy needs.
SYSCTLS = {"net.ipv4.ip_forward": "1", "net.bridge.bridge-nf-call-iptables": "1"}
IMAGES_UNIT = "groundup-kubernetes-images.service"
HAPROXY = "/etc/haproxy/haproxy.cfg"
KEEPALIVED = "/etc/keepalived/keepalived.conf"
KUBELET = "/etc/systemd/system/kubelet.service"
KEEPALIVED_UNIT = "/etc/systemd/system/keepalived.service.d/groundup.conf"

LOAD_BALANCER_UNITS = (
    Unit("haproxy.service", reload_on=(HAPROXY,)),
    Unit("keepalived.service", reload_on=(KEEPALIVED,), restart_on=(KEEPALIVED_UNIT,)),
)

KEEPALIVED_WAITS = """# Written by groundup.cloud; changes by hand are undone.
# At boot the VLAN's interface may come after keepalived, which ends for good when it is not there.
[Unit]
StartLimitIntervalSec=0

[Service]
Restart=always
RestartSec=3
"""

KUBELET_UNIT = f"""# Written by groundup.cloud; changes by hand are undone.
[Unit]
Description=kubelet
Documentation=https://kubernetes.io/docs/
Wants=network-online.target containerd.service
After=network-online.target containerd.service
# A machine that hasn't joined yet has no configuration: nothing to run, and nothing to restart in a circle.
ConditionPathExists=/var/lib/kubelet/config.yaml
StartLimitIntervalSec=0

[Service]
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
ExecStart=/usr/local/bin/kubelet \\
  --bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf \\
  --kubeconfig=/etc/kubernetes/kubelet.conf \\
  --config=/var/lib/kubelet/config.yaml \\
  --config-dir={kubelet_settings.DIRECTORY} $KUBELET_KUBEADM_ARGS
Restart=always
RestartSec=5

[Install]
WantedBy=multi-user.target
"""

IMAGES = f"""# Written by groundup.cloud. Pulls the control plane's images while other stages run.
[Unit]
Description=Images of the Kubernetes control plane
Wants=network-online.target containerd.service
After=network-online.target containerd.service

[Service]
Type=exec
ExecStart=/usr/local/bin/kubeadm config images pull --config {paths.CLUSTER}
Restart=on-failure
RestartSec=5
"""


def render(params: dict[str, t.Any]) -> HostState:
    """HostState of the layer from the role's variable ``kubernetes``.

    :raises KubeError: when a value is wrong or the bundle's program isn't named.
    """
    settings = parse(params)
    own = settings.node.kubelet
    tuned = (File(kubelet_settings.FILE, kubelet_settings.text(own), mode=0o600),) if own else ()
    common = HostState(
        layer="kubernetes",
        files=(*binaries(settings), File(KUBELET, KUBELET_UNIT), *tuned),
        absent=() if own else (kubelet_settings.FILE,),
        links=links("kubernetes", PROGRAMS) if MULTI in settings.files else (),
        directories=(
            Directory(paths.MANIFESTS),
            Directory(kubelet_settings.DIRECTORY),
            Directory(paths.STATE, 0o700),
            Directory("/var/log/groundup", 0o750),
        ),
        units=(Unit("kubelet.service", restart_on=(KUBELET, kubelet_settings.FILE)),),
        modules=("br_netfilter",),
        sysctls=dict(SYSCTLS),
    )
    return with_control_plane(common, settings) if settings.node.control_plane else common


def needs(params: t.Mapping[str, t.Any]) -> tuple[str, ...]:
    """What the bundle must hold for this input: programs, packages of control planes, and images by their version."""
    if params.get("kubeconfig"):  # others run the cluster, and its images are theirs
        return PROGRAMS
    repository = params.get("image_repository") or Settings.image_repository
    images = (f"{repository}/{name}:v{params['version']}" for name in VERSIONED_IMAGES)
    external = params["endpoint"].get("load_balancer") == EXTERNAL
    return (*PROGRAMS, *(f"apt:{name}" for name in (() if external else CONTROL_PLANE_PACKAGES)), *images)


def binaries(settings: Settings) -> tuple[File, ...]:
    """One program that acts by the name it is called (bundles built from source), or upstream's three programs."""
    return programs("kubernetes", settings.files, (MULTI,) if MULTI in settings.files else PROGRAMS)


def load_balancer(settings: Settings) -> tuple[File, ...]:
    """The files of the control plane's share in the endpoint."""
    return (
        File(HAPROXY, endpoint.haproxy(settings)),
        File(KEEPALIVED, endpoint.keepalived(settings)),
        File(KEEPALIVED_UNIT, KEEPALIVED_WAITS),
    )


def without_load_balancer(state: HostState, system: System) -> HostState:
    """The state, with an end of the services that held the endpoint before an external load balancer did. Only where
    they have our files: others may use haproxy on a control plane."""
    if any(file.path == HAPROXY for file in state.files):
        return state
    ours = [path for path in (HAPROXY, KEEPALIVED) if endpoint.MARK in _text(system, path)]
    if not ours:
        return state
    names = [{HAPROXY: "haproxy.service", KEEPALIVED: "keepalived.service"}[path] for path in ours]
    ended = (Unit(name, enabled=False, active=False) for name in names)
    return replace(state, absent=(*state.absent, *ours), units=(*state.units, *ended))


def _text(system: System, path: str) -> str:
    file = system.path(path)
    return file.read_text(errors="replace") if file.is_file() else ""


def with_control_plane(state: HostState, settings: Settings) -> HostState:
    """The state, with what a control plane needs before kubeadm runs on it."""
    documents = yaml.documents(config.cluster(settings))
    own = not settings.endpoint.external
    files = (
        *(load_balancer(settings) if own else ()),
        File(paths.CLUSTER, documents, mode=0o600),
        File(f"/etc/systemd/system/{IMAGES_UNIT}", IMAGES),
        *(File(path, text) for path, text in patches.files(settings).items()),
        *policy.files(settings),
    )
    return HostState(
        layer=state.layer,
        files=state.files + files,
        links=state.links,
        absent=state.absent,
        directories=(
            *state.directories,
            Directory(paths.OWN, 0o700),
            Directory(paths.APISERVER, 0o700),
            Directory(paths.AUDIT_LOG, 0o700),
        ),
        packages=CONTROL_PLANE_PACKAGES if own else (),
        units=(*state.units, *(LOAD_BALANCER_UNITS if own else ())),
        hooks=(
            Hook(
                "images",
                ("systemctl", "restart", "--no-block", IMAGES_UNIT),
                (paths.CLUSTER, *(file.path for file in binaries(settings)), f"/etc/systemd/system/{IMAGES_UNIT}"),
            ),
        ),
        modules=state.modules,
        sysctls=state.sysctls,
    )
