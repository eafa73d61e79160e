# SPDX-License-Identifier: GPL-3.0-or-later
"""The rights of the service are those of its calls: each call is allowed, and each right is used."""

from __future__ import annotations

import base64
import json
import re
import time
import typing as t
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.errors import CloudError
from ansible_collections.groundup.cloud.plugins.module_utils.fencing.judge import Rules
from ansible_collections.groundup.cloud.plugins.module_utils.fencing.look import OfApi, look
from ansible_collections.groundup.cloud.plugins.module_utils.ha import login, rights
from ansible_collections.groundup.cloud.plugins.module_utils.kube.api import Kubeconfig
from ansible_collections.groundup.cloud.plugins.module_utils.objects.errors import Refused, Unreachable
from ansible_collections.groundup.cloud.plugins.module_utils.provision.steps import Plan

from ..fencing.double import World, healthy, node

Json = dict[str, t.Any]
VERBS = {"POST": "create", "PATCH": "patch", "DELETE": "delete"}


class Server:
    """A double of the API server: objects by their path, and each call as RBAC sees it."""

    server, warnings = "https://10.30.0.10:8443", t.cast("list[str]", [])

    def __init__(self) -> None:
        self.objects: dict[str, Json] = {}
        self.calls: set[tuple[str, str, str, str, str]] = set()
        self.changed: list[str] = []
        self.errors: list[Exception] = []

    def call(
        self, method: str, path: str, query: t.Any = None, body: t.Any = None, content: str = "", accept: str = ""
    ) -> Json:
        for error in self.errors:
            raise error
        self._note(method, path)
        if method != "GET":
            self.changed.append(f"{method} {path}")
        if path.endswith("/token"):
            return {"status": {"token": token(uid=self.objects[path[: -len("/token")]]["metadata"]["uid"])}}
        if method == "POST":
            return self._post(path, query or {}, body)
        if path.rpartition("/")[2] in ("nodes", "leases"):
            found = [item for name, item in sorted(self.objects.items()) if name.rpartition("/")[0] == path]
            return {"items": found, "metadata": {}}
        if path not in self.objects:
            raise Refused(f"{path} not found", 404, "NotFound")
        if method == "DELETE":
            return self.objects.pop(path)
        if method == "PATCH":
            self._patch(self.objects[path], body)
        return self.objects[path]

    def text(self, path: str) -> str | None:
        raise AssertionError(path)

    def _note(self, method: str, path: str) -> None:
        parts = path.strip("/").split("/")
        group, rest = ("", parts[2:]) if parts[0] == "api" else (parts[1], parts[3:])
        namespace, rest = (rest[1], rest[2:]) if rest[0] == "namespaces" else ("", rest)
        name = rest[1] if len(rest) > 1 else ""
        verb = VERBS.get(method) or ("get" if name else "list")
        self.calls.add((namespace, group, rest[0], verb, name))

    def _post(self, path: str, query: Json, body: Json) -> Json:
        made = {**body, "metadata": {**body["metadata"], "uid": f"uid-{len(self.objects)}"}}
        if query.get("dryRun"):
            made["metadata"]["creationTimestamp"] = stamp(time.time())
        else:
            self.objects[f"{path}/{body['metadata']['name']}"] = made
        return made

    def _patch(self, live: Json, body: Json) -> None:
        for key, value in body.items():
            if isinstance(value, dict) and isinstance(live.get(key), dict):
                self._patch(live[key], value)
            elif value is None:
                live.pop(key, None)
            else:
                live[key] = value


def stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def token(uid: str = "uid-0", *, begins: float = 0, life: float = login.LIFE) -> str:
    """A token that nobody has signed."""
    now = time.time() + begins
    says = {"exp": now + life, "iat": now, "kubernetes.io": {"serviceaccount": {"uid": uid}}}
    return f"x.{base64.urlsafe_b64encode(json.dumps(says).encode()).decode().rstrip('=')}.x"


def fence_and_return(server: Server) -> None:
    """node2 is lost and fenced; it is back after another boot, and returned."""
    lost = stamp(time.time() - 600)
    for name in ("node1", "node2", "node3"):
        ready = name != "node2"
        condition = {"type": "Ready", "status": str(ready), "lastTransitionTime": lost, "lastHeartbeatTime": lost}
        server.objects[f"/api/v1/nodes/{name}"] = {
            "metadata": {"name": name, "resourceVersion": "1", "annotations": {}},
            "spec": {"taints": []},
            "status": {"conditions": [condition], "nodeInfo": {"bootID": "boot-1"}},
        }
        renewed = stamp(time.time() if ready else time.time() - 600)
        lease = {"metadata": {"name": name}, "spec": {"renewTime": renewed, "leaseDurationSeconds": 40}}
        server.objects[f"/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/{name}"] = lease
    world, rules = World(node(), healthy("node1", "node3")), Rules(by="vm_ha")
    found = look(OfApi(server, world), {"node2": world}, rules, world)
    assert [one.outcome for one in found if one.node == "node2"] == ["done"], found
    back = server.objects["/api/v1/nodes/node2"]
    back["status"]["nodeInfo"]["bootID"], back["status"]["conditions"][0]["status"] = "boot-2", "True"
    lease = server.objects["/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/node2"]
    lease["spec"]["renewTime"] = stamp(time.time())
    found = look(OfApi(server, world), {"node2": world}, rules, world)
    assert [one.outcome for one in found if one.node == "node2"] == ["done"] and back["spec"]["taints"] == [], found


def granted() -> t.Iterator[tuple[str, str, str, str, str]]:
    """Each right, as (namespace, group, resource, verb, name)."""
    for one in rights.objects(["node2"]):
        place = one.collection.partition("/namespaces/")[2].partition("/")[0]
        for rule in one.fields.get("rules", ()):
            for verb in rule["verbs"]:
                for name in rule.get("resourceNames", [""]):
                    yield place, rule["apiGroups"][0], rule["resources"][0], verb, name


def test_the_rights_are_exactly_the_calls() -> None:
    server = Server()
    fence_and_return(server)
    assert server.calls == set(granted())


CA = "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"
ADMINISTRATOR = login.kubeconfig(Kubeconfig(Server.server, CA), "of-an-administrator")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    found = Server()
    monkeypatch.setattr(login, "Native", lambda _login: found)
    return found


def planned(path: Path, administrator: str = ADMINISTRATOR) -> Plan:
    found = Plan()
    login.Login(administrator, str(path), ["node2"]).require(found)
    return found


def words(found: Plan) -> list[str]:
    return [str(step).partition(":")[0] for step in found.steps]


BOTH = ["rights of groundup-vm-ha", "kubeconfig of groundup-vm-ha"]


def test_account_and_token_are_made_once(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    first = planned(path)
    assert words(first) == BOTH and not server.changed and not path.exists()
    first.apply()
    assert path.stat().st_mode & 0o777 == 0o600 and "of-an-administrator" not in path.read_text()
    assert planned(path).steps == []
    path.chmod(0o644)
    assert words(planned(path)) == [f"file {path}"]


def replaced(server: Server, path: Path, **changes: t.Any) -> None:
    given = Kubeconfig.of(path.read_text(), "x")
    path.write_text(login.kubeconfig(given, token(**changes)))


def other_rules(server: Server, path: Path) -> None:
    server.objects[f"{rights.RBAC}/clusterroles/{rights.ACCOUNT}"]["rules"] = []


def other_role(server: Server, path: Path) -> None:
    server.objects[f"{rights.RBAC}/clusterrolebindings/{rights.ACCOUNT}"]["roleRef"] = {"name": "cluster-admin"}


def gone(server: Server, path: Path) -> None:
    del server.objects[f"{rights.ACCOUNTS}/{rights.ACCOUNT}"]


def copied(server: Server, path: Path) -> None:
    lines = "    client-certificate-data: eA==\n    client-key-data: eA==\n"
    path.write_text(re.sub(r"    token: .*\n", lines, path.read_text()))


def moved(server: Server, path: Path) -> None:
    path.write_text(path.read_text().replace("10.30.0.10", "10.30.0.11"))


CHANGES: dict[str, tuple[t.Callable[[Server, Path], None], list[str], str]] = {
    "rules by hand": (other_rules, BOTH[:1], ""),
    "another role bound": (other_role, BOTH[:1], ""),
    "account removed": (gone, BOTH, "its account was removed"),
    "file removed": (lambda _server, path: path.unlink(), BOTH[1:], "there is none"),
    "the administrator's": (copied, BOTH[1:], "it has the credentials of somebody else"),
    "another endpoint": (moved, BOTH[1:], "it is of another cluster or endpoint"),
    "three quarters over": (lambda s, p: replaced(s, p, begins=-0.76 * login.LIFE), BOTH[1:], "it ends in 88 days"),
    "short life": (lambda s, p: replaced(s, p, life=3600), [], ""),
}


@pytest.mark.parametrize(("change", "steps", "reason"), CHANGES.values(), ids=CHANGES)
def test_what_differs_is_made_anew(
    server: Server, tmp_path: Path, change: t.Callable[[Server, Path], None], steps: list[str], reason: str
) -> None:
    path = tmp_path / "kubeconfig"
    planned(path).apply()
    change(server, path)
    found = planned(path)
    assert words(found) == steps
    assert reason in "".join(step.before for step in found.steps)
    found.apply()
    assert planned(path).steps == []


def test_a_token_that_is_none_is_named(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    for text in ("x", "x.e30.x", "x.!.x"):
        path.write_text(login.kubeconfig(Kubeconfig(Server.server, CA), text))
        with pytest.raises(CloudError, match=r"kubeconfig: its token can't be read .*; remove the file, and run again"):
            planned(path)


def test_an_api_that_is_silent_fails_the_step_and_not_the_plan(server: Server, tmp_path: Path) -> None:
    server.errors = [Unreachable("https://10.30.0.10:8443 does not answer")]
    found = planned(tmp_path / "kubeconfig")
    assert words(found) == BOTH and "the API does not tell" in found.steps[1].before
    with pytest.raises(Unreachable):
        found.apply()


def test_removal_takes_the_account_and_is_done_once(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    planned(path).apply()
    access, found, again = login.Login(ADMINISTRATOR, str(path), ["node2"]), Plan(), Plan()
    access.remove(found)
    assert words(found) == ["remove groundup-vm-ha from the cluster"]
    found.apply()
    assert server.objects == {} and server.changed[-1] == f"DELETE {rights.ACCOUNTS}/{rights.ACCOUNT}"
    access.remove(again)
    assert again.steps == []
    server.errors = [Unreachable("gone")]
    access.remove(again)
    assert len(again.steps) == 1, "its kubeconfig is there, so the account may be"
