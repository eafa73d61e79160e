# SPDX-License-Identifier: GPL-3.0-or-later
"""A hosted control plane in a network namespace reaches a pod in another one through konnectivity, and not without it.

The control plane is the role's own: its servers come from a bundle and run as supervised processes. What runs on the
node is real as well, except for the node: no kubelet starts anything. The agent is the program of the image with the
command line of the DaemonSet, with a token that the API made for its account; the pod is a process, and its objects are
written by hand. Nothing routes to the pod from the namespace of the control plane.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import typing as t
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml as pyyaml
from ansible_collections.groundup.cloud.plugins.module_utils.bundle import image_storage, index
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.make import ensure, make, plan
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.request import Request, cache_root
from ansible_collections.groundup.cloud.plugins.module_utils.cluster import konnectivity as agents
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.catalog import LAYERS, probe
from ansible_collections.groundup.cloud.plugins.module_utils.hosted import control_plane, konnectivity
from ansible_collections.groundup.cloud.plugins.module_utils.hosted.settings import parse
from ansible_collections.groundup.cloud.plugins.module_utils.kube import egress, paths
from ansible_collections.groundup.cloud.plugins.module_utils.kube.api import Api, Kubeconfig, Refused, connect
from ansible_collections.groundup.cloud.plugins.module_utils.kube.errors import KubeError
from ansible_collections.groundup.cloud.plugins.module_utils.provision.managers import Processes, ServiceError
from ansible_collections.groundup.cloud.plugins.module_utils.provision.services import Service
from services.processes import bound, daemon

from .conftest import ROLE
from .namespaces import cabled, inside, ip

pytestmark = pytest.mark.services
CONTROL, NODE = f"gu-control-{os.getpid()}", f"gu-node-{os.getpid()}"
ENDPOINT, ADDRESS, POD = "10.99.30.10", "10.99.30.21", "10.99.64.7"
SERVERS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd", "kas-network-proxy")
PODS, CONFIG_MAPS = "/api/v1/namespaces/default/pods", "/api/v1/namespaces/default/configmaps"
DAEMON_SET = "/apis/apps/v1/namespaces/kube-system/daemonsets/konnectivity-agent"
KUBERNETES = {
    "cluster": "test",
    "version": "1.36.3",
    "endpoint": {"address": ENDPOINT},
    "pods": "10.99.64.0/20",
    "services": "10.99.96.0/20",
    "node": {"name": "cluster", "address": ENDPOINT, "control_plane": True},
    "control_planes": {"cluster": ENDPOINT},
}


def trimmed() -> dict[str, t.Any]:
    """The lock of the release, with the programs of a hosted control plane alone."""
    lock: dict[str, t.Any] = pyyaml.safe_load((ROLE / "lock.yml").read_text())
    images = {name: one for name, one in lock["images"].items() if any(word in name for word in SERVERS)}
    layers = {layer for image in images.values() for layer in image["layers"]}
    return lock | {
        "images": images,
        "upstream_images": {name: one for name, one in lock["upstream_images"].items() if name in images},
        "layers": {name: one for name, one in lock["layers"].items() if name in layers},
        "builds": {name: one for name, one in lock["builds"].items() if name in ("kubernetes", "etcd", "konnectivity")},
        "files": {"kubernetes": lock["files"]["kubernetes"]},
        "debian": lock["debian"] | {"packages": []},
        **{name: {} for name in ("upstream_files", "downloads", "manifests", "charts")},
        **{name: [] for name in ("optional", "local_images")},
    }


@pytest.fixture(scope="module")
def served(bundle: Path) -> Path:
    """A bundle with konnectivity, which is kept in the cache of bundles for the next run.

    What the release's own has in common with it is compiled already.
    """
    request = Request(trimmed(), ROLE / "source", "source", cache_root())
    if plan(request).missing:
        make(request)
    assert not ensure(request, check=True)["changed"] and bundle.is_dir()
    return request.target


def unpacked(served: Path, reference: str, target: Path) -> None:
    """The programs of an image, by the bundle's own storage."""
    shelf = image_storage.Registry(served / "registry")
    manifest = json.loads(shelf.blob(index.read(served)["images"][reference]["digest"]).read_bytes())
    for layer in manifest["layers"]:
        subprocess.run(["tar", "-C", target, "-xf", shelf.blob(layer["digest"])], check=True)


@dataclass
class Rack:
    """The control plane and the node. ``credentials``: the directory that the kubelet would mount for the agent."""

    config: dict[str, t.Any]
    kubernetes: dict[str, t.Any]
    scratch: Path
    api: Api

    @property
    def root(self) -> Path:
        return Path(self.kubernetes["root"])

    @property
    def credentials(self) -> Path:
        return self.scratch / "credentials"

    def role(self, check: bool = False, state: str = "present", **config: t.Any) -> list[str]:
        """The steps of the role hosted_control_plane; without `konnectivity=None`, the server is wanted."""
        given = {"konnectivity": {"port": egress.PORT}, **self.config, **config}
        return control_plane.perform(parse(given, self.kubernetes), state, check)["steps"]  # type: ignore[no-any-return]

    def layer(self, present: bool = True, check: bool = False) -> list[str]:
        """The steps of the role konnectivity."""
        access = {"kubeconfig": str(self.root / "etc/kubernetes/admin.conf")}
        params = {"server": f"{ENDPOINT}:{egress.PORT}"}
        found = LAYERS["konnectivity"].perform(params, access, present=present, timeout=120, check=check, wait=False)
        return found["steps"]  # type: ignore[no-any-return]

    def pid(self, server: str) -> int:
        return int(json.loads((self.root.parent / f"run/{server}.json").read_text())["child"])

    @contextmanager
    def agent(self, credentials: Path | None = None) -> t.Iterator[Path]:
        """An agent on the node, for the time of the block; its log."""
        words = agents.arguments(
            ENDPOINT, egress.PORT, credentials=str(credentials or self.credentials), name="node1", address=ADDRESS
        )
        log = self.scratch / "agent.log"
        argv = ["ip", "netns", "exec", NODE, str(self.scratch / egress.AGENT_PROGRAM), *words]
        with log.open("w") as out, subprocess.Popen(bound(*argv), stdout=out, stderr=out) as process:
            try:
                yield log
            finally:
                process.kill()  # it goes on after a SIGTERM for as long as connections are open

    def ready(self) -> bool:
        """Whether the kubelet would find the agent ready."""
        url = f"http://127.0.0.1:{agents.HEALTH_PORT}/readyz"
        words = ["ip", "netns", "exec", NODE, "curl", "-sf", "--noproxy", "*", url]
        return subprocess.run(words, capture_output=True, check=False).returncode == 0

    def page(self) -> str:
        """What the pod says through the API's proxy, or the API's error."""
        try:
            return self.api.text(f"{PODS}/web:8080/proxy/") or ""
        except KubeError as error:
            return str(error)

    def admission(self, name: str) -> str:
        """What becomes of a ConfigMap, whose creation the webhook judges: `created`, or the API's error."""
        try:
            self.api.create(CONFIG_MAPS, {"metadata": {"name": name}})
            return "created"
        except KubeError as error:
            return str(error)


def until(what: t.Callable[[], t.Any], seconds: float = 60) -> t.Any:
    """The first true value."""
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, f"not within {seconds:.0f} s"
        time.sleep(0.5)
    return found


@pytest.fixture(scope="module")
def rack(served: Path, tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Rack]:
    """In the namespace of the control plane, of which this thread is a part then."""
    if os.geteuid() or not shutil.which("ip"):
        pytest.skip("network namespaces need root and the program ip")
    scratch = tmp_path_factory.mktemp("rack")
    unpacked(served, egress.AGENT_IMAGE, scratch)
    with ExitStack() as stack:
        stack.enter_context(cabled(CONTROL, NODE))
        ip("-n", CONTROL, "address", "add", "10.99.30.1/24", "dev", "cluster")
        ip("-n", NODE, "address", "add", f"{ADDRESS}/24", "dev", "cluster")
        ip("-n", NODE, "address", "add", f"{POD}/32", "dev", "lo")
        pem, key = hook_certificate(scratch)
        pod = ("ip", "netns", "exec", NODE, sys.executable, Path(__file__).with_name("pod.py"))
        stack.enter_context(daemon(scratch / "pod.log", *pod, POD, pem, key))
        stack.enter_context(inside(CONTROL))
        config = {"bundle_dir": str(served), "service_manager": "processes"}
        kubernetes = KUBERNETES | {"root": str(scratch / "control-plane/root")}
        found = Rack(config, kubernetes, scratch, t.cast("Api", None))
        first = found.role(check=True)
        assert "kubeconfig of konnectivity-server by kubeadm" in first and not found.root.exists()
        stack.callback(found.role, state="absent")
        assert found.role() == first
        found.api = connect(Kubeconfig.read(found.root / "etc/kubernetes/admin.conf"), timeout=40)
        objects(found, pem)
        yield found


def hook_certificate(scratch: Path) -> tuple[Path, Path]:
    """A certificate of the webhook and its key."""
    pem, key = scratch / "hook.crt", scratch / "hook.key"
    words = ["openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-days", "2"]
    names = ["-subj", "/CN=hook", "-addext", "subjectAltName=DNS:hook.default.svc", "-keyout", key, "-out", pem]
    subprocess.run([*words, *map(str, names)], check=True, capture_output=True)
    return pem, key


def objects(rack: Rack, pem: Path) -> None:
    """The node, the pod and its service, as they would be if a kubelet had started it; and the webhook."""
    api, internal = rack.api, [{"type": "InternalIP", "address": ADDRESS}]
    until(lambda: api.get("/api/v1/namespaces/default/serviceaccounts/default"))
    api.create("/api/v1/nodes", {"metadata": {"name": "node1"}})
    api.patch("/api/v1/nodes/node1/status", {"status": {"addresses": internal}})
    containers = [{"name": "web", "image": "example.net/web:1"}]
    metadata = {"name": "web", "labels": {"app": "web"}}
    tolerations = [{"operator": "Exists"}]
    spec = {"nodeName": "node1", "containers": containers, "tolerations": tolerations}
    api.create(PODS, {"metadata": metadata, "spec": spec})
    ready = [{"type": "Ready", "status": "True"}]
    status = {"phase": "Running", "podIP": POD, "podIPs": [{"ip": POD}], "conditions": ready}
    api.patch(f"{PODS}/web/status", {"status": status})
    ports = [{"name": "https", "port": 443, "targetPort": 8443}]
    api.create(
        "/api/v1/namespaces/default/services",
        {"metadata": {"name": "hook"}, "spec": {"selector": {"app": "web"}, "ports": ports}},
    )
    slices = (
        "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io/service-name%3Dhook"
    )
    until(lambda: [one for one in api.get(slices)["items"] if one.get("endpoints")])
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}
    service = {"namespace": "default", "name": "hook", "port": 443}
    webhook = {
        "name": "hook.example.net",
        "rules": [rule],
        "clientConfig": {"service": service, "caBundle": base64.b64encode(pem.read_bytes()).decode()},
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "default"}},
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "timeoutSeconds": 10,
    }
    hooks = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
    api.create(hooks, {"metadata": {"name": "hook"}, "webhooks": [webhook]})


@pytest.fixture(scope="module")
def applied(rack: Rack) -> Rack:
    """With the layer's objects, and the credentials of its account as the kubelet would write them."""
    assert rack.layer(check=True) == rack.layer() != []
    assert rack.layer(check=True) == [], "a second run changes nothing"
    rack.credentials.mkdir()
    shutil.copy(rack.root / paths.CA.lstrip("/"), rack.credentials / "ca.crt")
    (rack.credentials / "token").write_text(token(rack, egress.ACCOUNT, egress.AUDIENCE))
    return rack


def token(rack: Rack, account: str, audience: str) -> str:
    """A token of an account in kube-system."""
    path = f"/api/v1/namespaces/kube-system/serviceaccounts/{account}/token"
    return str(rack.api.create(path, {"spec": {"audiences": [audience]}})["status"]["token"])


def test_a_second_run_changes_nothing(rack: Rack) -> None:
    assert rack.role(check=True) == [] and rack.role() == []
    assert os.readlink(f"/proc/{rack.pid('konnectivity-server')}/root") == str(rack.root)


def test_without_an_agent_no_pod_answers(rack: Rack) -> None:
    assert "No agent available" in rack.page()
    assert "failed calling webhook" in rack.admission("good")


def test_the_api_reaches_a_pod_and_a_webhook_through_an_agent(applied: Rack) -> None:
    with applied.agent():
        until(applied.ready)
        assert applied.page() == "the pod answers"
        assert applied.admission("good") == "created"
        assert "the pod denies it" in applied.admission("bad")
    until(lambda: "No agent available" in applied.page())
    with applied.agent():
        until(lambda: applied.page() == "the pod answers")


def test_a_server_that_was_killed_is_back_and_agents_find_it(applied: Rack) -> None:
    with applied.agent():
        until(lambda: applied.page() == "the pod answers")
        before = applied.pid("konnectivity-server")
        os.kill(before, signal.SIGKILL)
        until(lambda: applied.page() == "the pod answers" and applied.pid("konnectivity-server") != before)


def test_an_agent_that_does_not_trust_the_certificate_says_so(applied: Rack, tmp_path: Path) -> None:
    shutil.copy(applied.root / "etc/kubernetes/pki/front-proxy-ca.crt", tmp_path / "ca.crt")
    shutil.copy(applied.credentials / "token", tmp_path)
    with applied.agent(tmp_path) as log:
        until(lambda: "certificate signed by unknown authority" in log.read_text())
        assert not applied.ready() and "No agent available" in applied.page()


@pytest.mark.parametrize(
    ("account", "audience"), [("default", egress.AUDIENCE), (egress.ACCOUNT, "https://kubernetes.default.svc")]
)
def test_another_token_is_refused(applied: Rack, tmp_path: Path, account: str, audience: str) -> None:
    shutil.copy(applied.credentials / "ca.crt", tmp_path)
    (tmp_path / "token").write_text(token(applied, account, audience))
    log = applied.root.parent / "log/konnectivity-server.log"
    before = len(log.read_text())
    with applied.agent(tmp_path):
        until(lambda: "uthentication" in log.read_text()[before:])
        assert not applied.ready() and "No agent available" in applied.page()


def test_a_kubeconfig_changed_by_hand_is_seen_and_made_again(applied: Rack) -> None:
    conf = applied.root / paths.KONNECTIVITY_CONF.lstrip("/")
    before, text = applied.pid("konnectivity-server"), conf.read_text()
    conf.write_text(text.replace("client-certificate-data: ", "client-certificate-data: QUJD"))
    wanted = ["kubeconfig of konnectivity-server by kubeadm", "start konnectivity-server"]
    assert applied.role(check=True) == wanted and applied.role() == wanted
    assert applied.pid("konnectivity-server") != before and applied.role() == []
    with applied.agent():
        until(lambda: applied.page() == "the pod answers")


def test_a_server_that_does_not_run_is_seen(applied: Rack) -> None:
    hosted = parse({**applied.config, "konnectivity": {}}, applied.kubernetes)
    Processes(hosted).stop(Service("konnectivity-server", (), (), ""))
    assert applied.role(check=True) == applied.role() == ["start konnectivity-server"]
    assert applied.role() == []


def test_a_server_with_a_wrong_certificate_names_it(applied: Rack) -> None:
    hosted = parse({**applied.config, "konnectivity": {}}, applied.kubernetes)
    good = konnectivity.service(hosted, egress.PORT, {})
    words = tuple(word.replace("/pki/apiserver.key", "/pki/front-proxy-client.key") for word in good.argv)
    with pytest.raises(ServiceError, match=r"failed to load X509 key pair .*apiserver\.crt"):
        Processes(hosted).start(Service(good.name, words, good.files, good.ready))
    assert applied.role() == ["start konnectivity-server"]


def test_agents_that_are_missing_or_changed_are_seen(applied: Rack) -> None:
    layer = {"name": "konnectivity", "role": "groundup.cloud.konnectivity", "input": "konnectivity_config"}
    inputs = {"konnectivity_config": {"server": f"{ENDPOINT}:{egress.PORT}"}}
    access = {"kubeconfig": str(applied.root / "etc/kubernetes/admin.conf")}
    applied.api.patch(
        f"{DAEMON_SET}?fieldManager=kubectl-edit", {"spec": {"template": {"spec": {"hostNetwork": False}}}}
    )
    assert probe([layer], inputs, access)["differs"] == ["konnectivity"]
    applied.api.delete(DAEMON_SET)
    until(lambda: applied.api.get(DAEMON_SET) is None)
    assert probe([layer], inputs, access)["steps"] == {
        "konnectivity": ["create DaemonSet kube-system/konnectivity-agent"]
    }
    assert applied.layer() == ["create DaemonSet kube-system/konnectivity-agent"]


def test_the_server_may_review_tokens_and_nothing_else(applied: Rack) -> None:
    own = connect(Kubeconfig.read(applied.root / paths.KONNECTIVITY_CONF.lstrip("/")))
    with pytest.raises(Refused, match='User "system:konnectivity-server" cannot list'):
        own.get("/api/v1/secrets")


def test_it_goes_where_the_provider_has_routes(applied: Rack) -> None:
    """Last, since the server and the layer are gone then."""
    steps = applied.role(konnectivity=None)
    assert "stop konnectivity-server" in steps and "remove files of konnectivity-server" in steps
    assert applied.role(konnectivity=None) == []
    assert not (applied.root / paths.EGRESS.lstrip("/")).exists()
    assert "No agent available" not in applied.page(), "the API server goes directly"
    ip("-n", CONTROL, "route", "add", f"{POD}/32", "via", ADDRESS)
    assert applied.page() == "the pod answers"
    assert applied.layer(present=False) != [] and applied.layer(present=False, check=True) == []
    assert applied.api.get(DAEMON_SET) is None
