# SPDX-License-Identifier: GPL-3.0-or-later
"""A hosted control plane as a whole: a plan of what differs on this host, and the steps that correct it."""

from __future__ import annotations

import contextlib
import os
import shutil
import typing as t
from functools import partial
from pathlib import Path

from ..host import digests
from ..host.act import ACTIONS
from ..host.plan import access_steps
from ..host.read import read_paths
from ..host.state import Actual, Directory, HostState
from ..host.system import System
from ..kube import (
    api_certificate,
    api_names,
    certificates,
    control_plane,
    credentials,
    egress,
    immutable,
    job,
    observe,
    paths,
    renewal,
    version,
)
from ..kube import phases as kubeadm
from ..kube.access import admin, unready
from ..kube.errors import KubeError
from ..kube.settings import Settings
from ..provision import files
from ..provision.managers import Manager, Processes, manager
from ..provision.steps import Plan
from ..waiting.deadline import Deadline
from ..waiting.wait import TimedOut, wait
from . import address, konnectivity, phases, servers
from .images import Images, text_of
from .settings import ALL, SERVERS, Hosted

LIMIT = 120.0
"""Seconds that the API server has to be ready after its start: natively it takes 4."""
TIMEOUT = 300.0
"""Seconds for each phase of kubeadm: natively one takes less than one."""
RENEW = "renew certificates by kubeadm"
_DIRECTORIES = (("", 0o755), ("services", 0o755), ("run", 0o711), ("log", 0o750))
_BELOW = (
    ("", 0o755),
    ("tmp", 0o1777),
    (paths.MANIFESTS, 0o755),
    (paths.OWN, 0o700),
    (paths.APISERVER, 0o700),
    (paths.AUDIT_LOG, 0o700),
    (paths.STATE, 0o700),
    ("/var/lib/etcd", 0o700),
)


def plan(hosted: Hosted, hand: Manager, system: System) -> Plan:
    """What has to be done so that the control plane serves at its endpoint. Reads only.

    :raises KubeError: for settings that a cluster keeps for life, and for a bundle without the programs.
    """
    settings, found = hosted.kubernetes, Plan()
    immutable.refuse_changes(settings, system)
    version.refuse_change(settings, system, {})
    images = Images(hosted)
    files.require(found, directories=_directories(hosted))
    if isinstance(hand, Processes):
        files.require(found, [hand.program])
    link, there = address.interface(system, settings.endpoint.address)
    if not there:
        text = f"address {settings.endpoint.address} (interface {link})"
        found.add(text, partial(address.add, system, link, settings.endpoint.address))
    source, digest = images.kubeadm()
    target = system.path(paths.KUBEADM)
    if not target.is_file() or digests.digest(system, digests.load(system), paths.KUBEADM) != digest:
        found.add("program kubeadm", partial(_install, source, system, digest))
    lacking = images.lacking()
    for reference in lacking:
        found.add(f"programs of {reference}", partial(images.unpack, reference))
    renamed = _names(found, settings, system)
    remade = _configuration(found, hosted, system) or renamed or bool(lacking)
    _certificates(found, settings, system)
    renewed = konnectivity.require(found, hosted, system) or bool(certificates.due(settings, Path(system.root)))
    _access(found, system)
    _servers(found, hosted, hand, images, system, remade=remade, renewed=renewed)
    return found


def _configuration(found: Plan, hosted: Hosted, system: System) -> bool:
    """Certificates, kubeconfigs and manifests, where the configuration they are made from differs, or they do; whether
    a step was added."""
    settings = hosted.kubernetes
    wanted = phases.documents(settings)
    stale = [path for path, text in wanted.items() if text_of(system.path(path)) != text]
    record = system.path(paths.MANIFEST_RECORD).exists()
    changed = observe.stale_manifests(Path(system.root)) if record else []
    if stale or changed or not record:
        before = ", ".join([*stale, *changed]) if record else ""
        found.add(
            "certificates, kubeconfigs and manifests by kubeadm",
            partial(_write, settings, system, wanted),
            before=f"differs: {before}\n" if before else "",
            after="as wanted\n",
        )
    return bool(stale or changed or not record)


def _names(found: Plan, settings: Settings, system: System) -> bool:
    """The certificate of the API server, where its names are not the wanted ones; whether a step was added."""
    differs = api_names.pending(settings, Path(system.root))
    if differs:
        found.add(
            "certificate of the API with other names",
            partial(api_certificate.remake, settings, system),
            before=f"{differs}\n",
            after="as wanted\n",
        )
    return bool(differs)


def _certificates(found: Plan, settings: Settings, system: System) -> None:
    """Certificates that end soon; servers that have other ones than the files are started again by their digest."""
    due = certificates.due(settings, Path(system.root))
    if due:
        found.add(
            RENEW,
            partial(renewal.write, settings, system, due),
            before="".join(f"{name} ends in {days} days\n" for name, days in due.items()),
            after="valid for a year\n",
        )


def _access(found: Plan, system: System) -> None:
    """Permissions of credentials and of the data of etcd."""
    own = {name for name, __ in _BELOW}
    state = HostState(
        "control_plane", access=tuple(item for item in credentials.access(system) if item.path not in own)
    )
    for step in access_steps(state.access, Actual(paths=read_paths(state, system))):
        found.add(str(step), partial(ACTIONS[step.action], step, system), step.before, step.after)


def _write(settings: Settings, system: System, wanted: t.Mapping[str, str]) -> None:
    immutable.refuse_encryption(settings, system)
    control_plane.ensure_encryption(settings, system)
    for path, text in wanted.items():
        system.write(path, text.encode(), mode=0o600)
    kubeadm.run(settings, system, phases.FILES, TIMEOUT)
    # Objects in the cluster hold the configuration as well, so they are written again.
    job.note(system, "init", done=False)
    control_plane.record_manifests(system)


def _servers(
    found: Plan, hosted: Hosted, hand: Manager, images: Images, system: System, *, remade: bool, renewed: bool
) -> None:
    """Start what does not run with its command line and program; then write the cluster's objects."""
    running = hand.current(ALL)
    made = all(system.path(f"{paths.MANIFESTS}/{name}.yaml").exists() for name in SERVERS)
    wanted = {item.name: item.digest() for item in servers.services(hosted, images.digests)} if made else {}
    lacking = [name for name in hosted.servers if running.get(name) != wanted.get(name, "")]
    if remade or renewed or lacking:
        text = f"start {', '.join(lacking)}" if lacking else "restart the servers whose configuration changes"
        found.add(text, partial(_start, hosted, hand, images, system))
    # The API server goes on without it first.
    for name in running.keys() - {*hosted.servers}:
        found.add(f"stop {name}", partial(hand.stop, servers.stopped(name)))
    konnectivity.remove(found, hosted, system)
    attempt = observe.attempt(Path(system.root))
    if remade or attempt is None or not attempt["done"]:
        found.add("configuration, permissions and add-ons through the API", partial(_objects, hosted, system))


def _start(hosted: Hosted, hand: Manager, images: Images, system: System) -> None:
    services = servers.services(hosted, images.digests)
    running = hand.current(ALL)
    for service in services:
        if running.get(service.name) != service.digest():
            hand.start(service)
    await_api(hosted, system)
    api_certificate.taken(system)
    system.path(paths.RENEWAL).unlink(missing_ok=True)


def _objects(hosted: Hosted, system: System) -> None:
    kubeadm.run(hosted.kubernetes, system, phases.objects(hosted.kubernetes), TIMEOUT)
    control_plane.delete_tokens(admin(hosted.kubernetes, system))
    job.note(system, "init", done=True)


def await_api(hosted: Hosted, system: System) -> None:
    """Wait until the API server is ready.

    :raises KubeError: it is not, after LIMIT seconds.
    """

    try:
        wait(lambda: unready(hosted.kubernetes, system), Deadline(LIMIT), pause=0.2, what="the API server to be ready")
    except TimedOut as error:
        raise KubeError(f"{error}; its log is in {hosted.path('log', 'kube-apiserver.log')}") from error


def _directories(hosted: Hosted) -> list[Directory]:
    own = [Directory(hosted.path(name) if name else hosted.state_dir, mode) for name, mode in _DIRECTORIES]
    below = (*_BELOW, *(() if hosted.konnectivity is None else ((egress.DIRECTORY, 0o700),)))
    return own + [Directory(os.path.join(hosted.root, name.lstrip("/")).rstrip("/"), mode) for name, mode in below]


def _install(source: Path, system: System, digest: str) -> None:
    """Copy kubeadm, and remember its digest, so that a run without changes does not read it."""
    target = system.path(paths.KUBEADM)
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = target.with_name(f".{target.name}.part")
    shutil.copyfile(source, scratch)
    scratch.chmod(0o755)
    scratch.replace(target)
    if digests.sha256_of(target) != digest:
        raise KubeError(f"{source}: is not the kubeadm that bundle.json lists; make the bundle again")
    digests.remember(system, {paths.KUBEADM: digest})


def stop_plan(hosted: Hosted, hand: Manager, system: System) -> Plan:
    """The servers stopped and the endpoint's address removed; certificates and the data of etcd stay."""
    found, running = Plan(), hand.current(ALL)
    for name in reversed(ALL):
        if name in running:
            found.add(f"stop {name}", partial(hand.stop, servers.stopped(name)))
    with contextlib.suppress(KubeError):  # this host is not in the network, so the address is not here either
        link, there = address.interface(system, hosted.kubernetes.endpoint.address)
        if there:
            own = hosted.kubernetes.endpoint.address
            found.add(f"remove address {own} from {link}", partial(address.remove, system, link, own))
    return found


def perform(hosted: Hosted, state: str, check: bool) -> dict[str, t.Any]:
    """The module hosted_control_plane. Returns {changed, steps, diff, renewed}; with ``renewed`` certificates, a copy
    of the administrator's kubeconfig has to be made again."""
    system, hand = System(hosted.root), manager(hosted.service_manager, hosted)
    found = stop_plan(hosted, hand, system) if state == "absent" else plan(hosted, hand, system)
    if not check:
        found.apply()
    steps = [str(step) for step in found.steps]
    return {"changed": found.changed, "steps": steps, "diff": found.diff(), "renewed": RENEW in steps}
