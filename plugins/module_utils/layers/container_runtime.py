# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""container_runtime: containerd 2 with the bundle's registry as mirror of every other, as a HostState."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any

from ..host.settings import require, settings
from ..host.state import Directory, File, HostError, HostState, Purge, Unit
from . import registry_logins
from .artefacts import PROGRAMS, archive, located, programs

DEFAULTS: dict[str, Any] = {
    "version": None,
    "files": {},
    "files_url": None,
    "registry": {},
    "runtime": "crun",
    "sandbox_image": "registry.k8s.io/pause:3.10.2",
    "drop_ins": {},
    "logins": [],  # a variable of its own, container_runtime_logins, since passwords are in it
}
REGISTRY: dict[str, Any] = {
    "address": None,
    "ca": None,
    "mirrors": [],
}
BINARIES = ("containerd", "containerd-shim-runc-v2", "ctr")
RUNTIMES = {"runc": "/usr/sbin/runc", "crun": "/usr/bin/crun"}  # paths of Debian's packages
CONFIG = "/etc/containerd/config.toml"
#: Files here are merged into CONFIG. Others write here too, such as the operators of GPUs.
DROP_INS = "/etc/containerd/conf.d"
HOSTS = "/etc/containerd/certs.d"
CA = "/etc/containerd/registry-ca.crt"
UNIT = "/etc/systemd/system/containerd.service"
CNI_BIN, CNI_CONF = "/opt/cni/bin", "/etc/cni/net.d"

HEAD = "# Written by groundup.cloud.container_runtime; changes made here are undone by the next run.\n"
SERVICE = f"""\
{HEAD}[Unit]
Description=containerd container runtime
Documentation=https://containerd.io
After=network.target local-fs.target

[Service]
ExecStart={PROGRAMS}/containerd
Type=notify
Delegate=yes
# containers outlive a restart of the daemon
KillMode=process
Restart=always
RestartSec=5
LimitNPROC=infinity
LimitCORE=infinity
LimitNOFILE=infinity
TasksMax=infinity
OOMScoreAdjust=-999

[Install]
WantedBy=multi-user.target
"""


def render(params: dict[str, Any]) -> HostState:
    """The role's input ``container_runtime`` (see its argument_specs) as desired state. HostError on a wrong value."""
    layer = "container_runtime"
    wanted = settings(layer, params, DEFAULTS)
    registry = settings(f"{layer}.registry", wanted["registry"], REGISTRY)
    require(layer, wanted, "files")
    if wanted["runtime"] not in RUNTIMES:
        raise HostError(f"{layer}.runtime: {wanted['runtime']} is not one of {', '.join(RUNTIMES)}")
    files = located(wanted["files"], wanted["files_url"])
    return HostState(
        layer=layer,
        packages=(wanted["runtime"],),
        files=(
            *programs(layer, files, BINARIES),
            File(CONFIG, config(wanted["runtime"], wanted["sandbox_image"])),
            File(UNIT, SERVICE),
            *drop_in_files(wanted["drop_ins"]),
            *registry_files(registry),
            *registry_logins.files(wanted["logins"]),
        ),
        archives=(archive(layer, files, "cni-plugins", CNI_BIN),),
        directories=(
            *(Directory(path, 0o755) for path in (CNI_CONF, HOSTS, DROP_INS)),
            *registry_logins.directories(wanted["logins"]),
        ),
        purge=(Purge(HOSTS, "*/hosts.toml", HEAD), Purge(DROP_INS, "groundup-*.toml"), registry_logins.PURGE),
        units=(Unit("containerd.service", restart_on=(CONFIG, f"{DROP_INS}/", f"{PROGRAMS}/containerd", UNIT)),),
    )


def needs(params: Mapping[str, Any]) -> tuple[str, ...]:
    """What the bundle must hold for this input: programs, archives and the image of the pod's sandbox."""
    return (*BINARIES, "cni-plugins", str(params.get("sandbox_image") or DEFAULTS["sandbox_image"]))


def config(runtime: str, sandbox_image: str) -> str:
    """containerd's configuration, version 3 (containerd 2.0 and later): cgroups by systemd, mirrors by directory."""
    options = "plugins.'io.containerd.cri.v1.runtime'.containerd"
    return f"""\
{HEAD}version = 3
imports = ['{DROP_INS}/*.toml']

[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = '{sandbox_image}'

[plugins.'io.containerd.cri.v1.images'.registry]
  config_path = '{HOSTS}'

[plugins.'io.containerd.cri.v1.runtime']
  # containerd 2.3 reads the statistics of every container each second by default; cAdvisor of the kubelet every 10 s
  stats_collect_period = '10s'

[plugins.'io.containerd.cri.v1.runtime'.cni]
  bin_dirs = ['{CNI_BIN}']
  conf_dir = '{CNI_CONF}'

[{options}]
  default_runtime_name = '{runtime}'

[{options}.runtimes.{runtime}]
  runtime_type = 'io.containerd.runc.v2'

[{options}.runtimes.{runtime}.options]
  BinaryName = '{RUNTIMES[runtime]}'
  SystemdCgroup = true
"""


def drop_in_files(drop_ins: Mapping[str, Any]) -> tuple[File, ...]:
    """Further configuration: {name: TOML}.

    :raises HostError: for a name that would be no name of a file, and a text that is no TOML.
    """
    files = []
    for name, text in sorted(drop_ins.items()):
        where = f"container_runtime.drop_ins.{name}"
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,60}", name):
            raise HostError(f"{where}: the name may have letters, digits, - and _ only")
        try:
            content = tomllib.loads(str(text))
        except tomllib.TOMLDecodeError as error:
            raise HostError(f"{where}: isn't TOML: {error}") from None
        if not content:
            raise HostError(f"{where}: is empty; give at least one key, or remove it")
        head = "" if "version" in content else "version = 3\n"
        files.append(File(f"{DROP_INS}/groundup-{name}.toml", HEAD + head + str(text).rstrip("\n") + "\n"))
    return tuple(files)


def registry_files(registry: dict[str, Any]) -> tuple[File, ...]:
    """hosts.toml for the registry itself and for each registry that it mirrors; none when no address is given.

    ``server`` is the mirror too, so no request goes to the internet: pulling an image that is not in the bundle
    fails at once.
    """
    if not registry["address"]:
        return ()
    files = [File(CA, registry["ca"].rstrip("\n") + "\n")] if registry["ca"] else []
    trust = CA if registry["ca"] else None
    base = f"https://{registry['address']}/v2"
    own = ((registry["address"], base), *((name, f"{base}/{name}") for name in registry["mirrors"]))
    return (*files, *(File(f"{HOSTS}/{name}/hosts.toml", hosts_toml(url, trust)) for name, url in own))


def hosts_toml(url: str, ca: str | None) -> str:
    """One registry's hosts.toml; ``override_path``: the URL is complete, containerd adds no /v2."""
    trust = f"ca = '{ca}'\n" if ca else ""
    head = f"{HEAD}server = '{url}'\ncapabilities = ['pull', 'resolve']\noverride_path = true\n{trust}"
    inner = f"[host.'{url}']\n  capabilities = ['pull', 'resolve']\n  override_path = true\n"
    return head + "\n" + inner + (f"  ca = '{ca}'\n" if ca else "")
