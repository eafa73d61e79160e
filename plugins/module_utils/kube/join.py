# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Let this machine join the cluster, as a worker or as a control plane."""

from __future__ import annotations

import base64
import shutil
import typing as t
from pathlib import Path

from ..host.system import System
from . import config, control_plane, external, job, kubelet_files, observe, paths, yaml
from .errors import KubeError
from .join_credentials import JoinCredentials
from .settings import Settings

CONFIG = f"{paths.SCRATCH}/join.yaml"
SCRIPT = f"{paths.SCRATCH}/join.sh"
REGISTRY_LOGINS = "/var/lib/kubelet/config.json"
ETCD_TRIES = 10
FIRST_TRIES = 4
#: How kubeadm ends a join, before it has changed anything, where containerd or the API of a busy machine took too long.
TOO_SLOW = (
    "ERROR CRI.*DeadlineExceeded"
    "|error execution phase (preflight|control-plane-prepare/download-certs): "
    ".*(Client[.]Timeout|deadline exceeded|handshake timeout|request timed out)"
)


def join(
    settings: Settings,
    system: System,
    credentials: JoinCredentials,
    discovery: t.Mapping[str, str],
    encryption: str = "",
) -> dict[str, t.Any]:
    """Run ``kubeadm join`` to its end; a join that an earlier run started and that still runs is waited for.

    ``discovery``: {server, ca}. ``encryption``: the text of the cluster's EncryptionConfiguration, control planes only.
    """
    running = observe.unfinished(observe.attempt(Path(system.root)), "join") and job.active(system)
    if not running:
        external.require(settings, base64.b64decode(discovery["ca"]).decode())
        if settings.node.control_plane and settings.encryption:
            _write_encryption(system, encryption)
        job.note(system, "join", done=False)
        _begin(settings, system, credentials, discovery)
    try:
        job.wait(system, control_plane.LIMIT[settings.timings])
    finally:
        if not job.active(system):
            shutil.rmtree(system.path(paths.SCRATCH), ignore_errors=True)
    if settings.node.control_plane:
        control_plane.record_manifests(system)
    kubelet_files.record(system)
    job.note(system, "join", done=True)
    return {"changed": True, "resumed": running}


def _write_encryption(system: System, text: str) -> None:
    """Every control plane needs the same key to read Secrets that the others wrote."""
    if not text.strip():
        raise KubeError(f"the cluster's {paths.ENCRYPTION} wasn't given; is encryption switched on in the cluster?")
    system.write(paths.ENCRYPTION, text.encode(), mode=0o600)


def _begin(settings: Settings, system: System, credentials: JoinCredentials, discovery: t.Mapping[str, str]) -> None:
    where = f"{paths.SCRATCH}/discovery.yaml"
    system.write(where, yaml.dump(config.discovery(discovery["server"], discovery["ca"])).encode(), mode=0o600)
    doc = config.join(settings, where, credentials.token, credentials.key)
    system.write(CONFIG, yaml.dump(doc).encode(), mode=0o600)
    script = control_plane_script() if settings.node.control_plane else f"{worker_script()}exit 1\n"
    system.write(SCRIPT, script.encode(), mode=0o600)
    return job.start(system, ["/bin/sh", SCRIPT])


def worker_script(kubeadm: str = paths.KUBEADM, log: str = paths.LOG, pause: float = 5) -> str:
    """A shell script that joins, and repeats a join that changed nothing because an answer did not come in time.

    kubeadm waits for one answer of the container runtime in preflight, and sends one request of 10 s for the Secret
    with the control plane's certificates (DownloadCerts in cmd/kubeadm/app/phases/copycerts, 1.36); a machine that is
    starting or busy was seen to take longer. Both come before the first change, so the join may be repeated.
    """
    return f"""\
for try in $(seq 1 {FIRST_TRIES}); do
  {kubeadm} join --config {CONFIG} && exit
  tail -n 5 {log} | grep -qE '{TOO_SLOW}' || break
  sleep {pause}
  echo "[groundup] containerd or the API did not answer kubeadm in time, try $try of {FIRST_TRIES}"
done
"""


def control_plane_script(kubeadm: str = paths.KUBEADM, log: str = paths.LOG, pause: float = 5) -> str:
    """A shell script that joins as a control plane. It runs without the controller, so it repeats the phase itself
    instead of the package ``waiting``.

    kubeadm adds the member to etcd, and then requests the member's id: once, and for no longer than 2 s
    (GetMemberID and etcdTimeout in cmd/kubeadm/app/util/etcd, 1.36; timeouts.etcdAPICall does not apply to it). A busy
    machine takes longer. The phase may be repeated, as it adds no member twice; a failure of any other phase ends
    the join.
    """
    return f"""\
{worker_script(kubeadm, log, pause)}\
for try in $(seq 2 {ETCD_TRIES}); do
  tail -n 5 {log} | grep -q 'error execution phase etcd-join' || exit 1
  sleep {pause}
  echo "[groundup] etcd did not answer kubeadm in time; phase etcd-join again, $try of {ETCD_TRIES}"
  {kubeadm} join phase etcd-join --config {CONFIG} || continue
  exec {kubeadm} join --config {CONFIG} --skip-phases preflight,control-plane-prepare,check-etcd,kubelet-start,etcd-join
done
exit 1
"""


def reset(system: System) -> None:
    """Reset the Kubernetes state of this machine: after an attempt that did not end, or with consent."""
    job.forget(system)
    logins = system.path(REGISTRY_LOGINS)  # of another layer; reset empties the kubelet's directory
    text = logins.read_bytes() if logins.is_file() else b""
    system.run([paths.KUBEADM, "reset", "--force", "--cri-socket", config.SOCKET], timeout=900)
    for name in (paths.ATTEMPT, paths.MANIFEST_RECORD, paths.ETCD_COPY, paths.KUBELET_RECORD, paths.ENCRYPTION):
        system.path(name).unlink(missing_ok=True)
    if text:
        system.write(REGISTRY_LOGINS, text, mode=0o600)


def finish(settings: Settings, system: System) -> dict[str, t.Any]:
    """Record a join that succeeded while no controller waited for it."""
    shutil.rmtree(system.path(paths.SCRATCH), ignore_errors=True)
    if settings.node.control_plane:
        control_plane.record_manifests(system)
    kubelet_files.record(system)
    job.note(system, "join", done=True)
    return {"changed": True, "resumed": True}


def perform(settings: Settings, params: t.Mapping[str, t.Any], check: bool) -> dict[str, t.Any]:
    """The module kubernetes_join: join, after a reset where an unfinished attempt left state behind."""
    steps = [*(["reset what an unfinished attempt left"] if params["reset"] else []), "join the cluster"]
    if check:
        return {"changed": True, "resumed": False, "steps": steps}
    system = System()
    if params["finished"]:
        return finish(settings, system)
    if params["reset"]:
        reset(system)
    credentials = JoinCredentials(params["token"], params["certificate_key"])
    return {**join(settings, system, credentials, params["discovery"], params["encryption"]), "steps": steps}
