# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster that others run, before machines join it: its login, rights, version and settings. Changes nothing there.

A review of access is created, and none is stored (Kubernetes' API reference, SelfSubjectAccessReview).
"""

from __future__ import annotations

import datetime
import ssl
import time
import typing as t

from . import immutable, kubeconfig, observe, version
from .api import Api, Https, Kubeconfig, Refused, Unreachable, connect, tls
from .errors import KubeError, KubeRefusedError
from .settings import Settings
from .x509 import validity

REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
SYSTEM = "kube-system"
#: (verb, resource, namespace) of all requests of the role: tokens, what kubeadm stored, and nodes with their labels.
RIGHTS = (
    ("create", "secrets", SYSTEM),
    ("patch", "secrets", SYSTEM),
    ("delete", "secrets", SYSTEM),
    ("get", "configmaps", SYSTEM),
    ("list", "nodes", ""),
    ("patch", "nodes", ""),
)
#: ConfigMaps that `kubeadm join` reads (cmd/kubeadm/app/util/config, FetchInitConfigurationFromCluster, 1.36).
STORED = ("kubeadm-config", "kubelet-config")
#: Codes of OpenSSL (X509_V_ERR_HOSTNAME_MISMATCH, _IP_ADDRESS_MISMATCH, _CERT_HAS_EXPIRED, _CERT_NOT_YET_VALID).
OTHER_NAME, OTHER_TIME = (62, 64), (9, 10)
#: Seconds for an answer.
TIMEOUT = {"default": 20.0, "slow": 60.0}


def examine(settings: Settings) -> tuple[Api, Kubeconfig]:
    """The API and the kubeconfig of the cluster, when machines can join it.

    :raises KubeError: no login, or no answer; what is missing, and the remedy.
    :raises KubeRefusedError: the login has too few rights, or the cluster is not the one of the model.
    """
    login = kubeconfig.read(settings.kubeconfig)
    api = connect(login, timeout=TIMEOUT[settings.timings])
    try:
        _refuse_rights(settings, api)
    except Unreachable as error:
        raise KubeError(f"{settings.kubeconfig}: {_unreachable(login.server, error)}") from error
    except Refused as error:
        raise KubeError(f"{settings.kubeconfig}: {_login(login, error)}") from error
    refuse_authority(settings, login)
    text = version.skew(api.get("/version")["gitVersion"], settings.version)
    if text:
        raise KubeRefusedError(text)
    _refuse_kind(api)
    immutable.refuse_other_cluster(settings, api)
    return api, login


def _refuse_rights(settings: Settings, api: Api) -> None:
    """Ask the API for each right that a run needs.

    :raises KubeRefusedError: naming all that are missing.
    """
    missing = [_named(right) for right in RIGHTS if not _allowed(api, *right)]
    if missing:
        raise KubeRefusedError(
            f"{settings.kubeconfig}: its user may not {'; may not '.join(missing)}. A token with which a machine "
            f"joins is a Secret in {SYSTEM}, and labels and taints are set on nodes; let those who run the cluster "
            "bind a role with these rights to that user, or give another kubeconfig"
        )


def _named(right: tuple[str, str, str]) -> str:
    verb, resource, namespace = right
    return f"{verb} {resource}{f' in {namespace}' if namespace else ''}"


def _allowed(api: Api, verb: str, resource: str, namespace: str) -> bool:
    wanted = {"verb": verb, "resource": resource, **({"namespace": namespace} if namespace else {})}
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview"}
    return bool(api.create(REVIEWS, {**body, "spec": {"resourceAttributes": wanted}})["status"]["allowed"])


def _login(login: Kubeconfig, error: Refused) -> str:
    """Why the API does not know the user of a kubeconfig."""
    if error.status != 401:
        return str(error)
    renew = "let those who run the cluster give you a new one"
    if login.certificate:
        ends = validity("client-certificate-data", login.certificate).ends
        if ends < time.time():
            when = datetime.datetime.fromtimestamp(ends, datetime.UTC)
            return f"has expired: its client certificate ended on {when:%Y-%m-%d}; {renew}"
    kind = "token" if login.token else "client certificate"
    return f"the API at {login.server} does not accept its {kind}, which has expired or is of another cluster; {renew}"


def refuse_authority(settings: Settings, login: Kubeconfig) -> None:
    """Refuse an endpoint whose certificate is not of the kubeconfig's CA: machines would join another cluster than the
    one in which their token is made. From a host that does not reach the endpoint nothing is known of it; then each
    machine makes the same test before it joins (``external.require``).

    :raises KubeRefusedError: naming both servers.
    """
    if login.server.rstrip("/") == settings.endpoint.url:
        return  # answered already, verified by that CA
    try:
        Https(settings.endpoint.url, tls(login.ca, "", ""), TIMEOUT[settings.timings]).text("GET", "/readyz")
    except Unreachable as error:
        if isinstance(error.__cause__, ssl.SSLCertVerificationError):
            raise KubeRefusedError(
                f"kubernetes.endpoint: {_unreachable(settings.endpoint.url, error)} (the kubeconfig's own server is "
                f"{login.server})"
            ) from error
    except Refused:  # an API server of this cluster, which lets nobody ask without a login
        return


def _unreachable(server: str, error: Unreachable) -> str:
    """Why there was no answer, with the remedy."""
    cause = error.__cause__
    if not isinstance(cause, ssl.SSLCertVerificationError):
        return f"the API at {server} does not answer ({error}); let this host reach it, or correct the server"
    if cause.verify_code in OTHER_NAME:
        return (
            f"the certificate of {server} is not valid for that name ({cause.verify_message}); reach the API by a name "
            "or an address that its certificate has"
        )
    if cause.verify_code in OTHER_TIME:
        return f"the certificate of {server} is not valid now ({cause.verify_message}); let those who run it renew it"
    return (
        f"the CA of the kubeconfig is not that of {server} ({cause.verify_message}): they are different clusters, or "
        "something between ends TLS; give the kubeconfig and the endpoint of one cluster"
    )


def _refuse_kind(api: Api) -> None:
    """Refuse a cluster that kubeadm did not make, such as one of k3s or of a cloud: `kubeadm join` can't join it.

    :raises KubeRefusedError: naming what is missing.
    """
    missing = [name for name in STORED if api.get(f"/api/v1/namespaces/{SYSTEM}/configmaps/{name}") is None]
    if missing:
        raise KubeRefusedError(
            f"the cluster at {api.server} has no ConfigMap {' and no '.join(missing)} in {SYSTEM}, which `kubeadm "
            "join` reads: it was not made by kubeadm; add machines to it by the program that made it"
        )


def observed(settings: Settings) -> observe.Observation:
    """The observation of the host that acts on the cluster and is no node of it."""
    api, login = examine(settings)
    node = settings.node
    return {
        "name": node.name,
        "address": node.address,
        "control_plane": True,
        "hosted": True,
        "existing": True,
        "joined": False,
        "admin": True,
        "etcd_data": False,
        "attempt": None,
        "encryption": "",
        "stale": [],
        "due": {},
        "version": settings.version,
        "cluster": observe.cluster(api, login.ca) | {"etcd": [], "own": True},
        "error": "",
    }


def perform(settings: Settings, params: t.Mapping[str, t.Any], check: bool) -> dict[str, t.Any]:
    """The module kubernetes_membership: on the host that acts on a cluster of others what it shows, elsewhere what the
    machine itself knows."""
    if not settings.acts:
        return observe.perform(settings, params, check)
    return {"changed": False, "observation": observed(settings), "settings": params["config"]}
