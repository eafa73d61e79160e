# SPDX-License-Identifier: GPL-3.0-or-later
"""network_calico on a real API server with upstream's CRDs. No controller runs, so nothing is waited for."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.catalog import INPUTS, LAYERS, probe
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.upstream import ClusterLayerError
from ansible_collections.groundup.cloud.plugins.module_utils.objects.errors import ObjectsError
from ansible_collections.groundup.cloud.plugins.module_utils.specs.check import checked, filled
from services.objects.conftest import Objects, directory
from services.objects.conftest import manifest as pinned

pytestmark = pytest.mark.services

ROLE = "network_calico"
CUSTOM = "/apis/crd.projectcalico.org/v1"
TOR1 = {"name": "tor1", "address": "10.30.0.1", "as_number": 4200000001, "zones": ["r1"]}
TOR2 = {"name": "tor2", "address": "10.30.0.2", "as_number": 64602, "accept": ["0.0.0.0/0"]}
BGP = {"mesh": False, "services": ["10.96.0.0/16"], "load_balancers": ["10.99.0.0/24"], "peers": [TOR1, TOR2]}
PASSWORDS = {"tor1": "throw-away"}
Params = dict[str, t.Any]


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Params:
    """Upstream's manifest of 3.32.1, with the images of the first release that is taken."""
    text = (directory("calico-") / "manifests/calico.yaml").read_text().replace(":v3.32.1", ":v3.32.2")
    file = tmp_path_factory.mktemp("calico") / "calico.yaml"
    file.write_text(text)
    return pinned(file)


class Calico:
    """The layer as its module performs it."""

    def __init__(self, objects: Objects, manifest: Params) -> None:
        self.objects, self.manifest = objects, manifest

    def config(self, **changes: t.Any) -> Params:
        params = {"manifest": self.manifest, "pods": "10.64.0.0/14", "mtu": 9000, "nat": False, "bgp": BGP}
        found: Params = filled(INPUTS[ROLE], checked(ROLE, INPUTS[ROLE], {**params, **changes}))
        return found

    def __call__(
        self,
        *,
        present: bool = True,
        check: bool = False,
        remove_data: bool = False,
        passwords: t.Mapping[str, str] | None = None,
        **changes: t.Any,
    ) -> Params:
        access = {"kubeconfig": self.objects.kubeconfig}
        return LAYERS[ROLE].perform(
            {**self.config(**changes), "passwords": (PASSWORDS if passwords is None else passwords)},
            access,
            present=present,
            timeout=120.0,
            check=check,
            wait=False,
            consent=remove_data,
        )

    def get(self, path: str) -> t.Any:
        return self.objects.get(f"{CUSTOM}/{path}")["spec"]


@pytest.fixture
def calico(objects: Objects, manifest: Params) -> Calico:
    return Calico(objects, manifest)


def test_it_is_applied_with_its_custom_resources(calico: Calico) -> None:
    planned = calico(check=True)
    assert planned["changed"] and any(step.startswith("create BGPPeer tor1") for step in planned["steps"])
    done = calico()
    assert len(done["objects"]) > 30
    assert not [text for text in done["warnings"] if "format" not in text], "upstream names formats of its own"
    assert calico.get("bgpconfigurations/default")["serviceLoadBalancerIPs"] == [{"cidr": "10.99.0.0/24"}]
    assert calico.get("bgppeers/tor1")["asNumber"] == 4200000001, "the API server takes AS numbers of four bytes"
    assert calico.get("bgpfilters/tor2")["importV4"][-1] == {"action": "Reject"}
    assert calico.get("ippools/default-ipv4-ippool")["cidr"] == "10.64.0.0/14"
    assert "throw-away" not in str(done)


def test_again_nothing_is_changed(calico: Calico) -> None:
    again = calico()
    assert (again["changed"], again["steps"]) == (False, [])
    layer = {"name": "network", "role": f"groundup.cloud.{ROLE}", "input": f"{ROLE}_config", "secrets": "passwords"}
    given = {"manifest": calico.manifest, "pods": "10.64.0.0/14", "mtu": 9000, "nat": False, "bgp": BGP}
    access, inputs = {"kubeconfig": calico.objects.kubeconfig}, {f"{ROLE}_config": given}
    found = probe([layer], inputs, access, {"passwords": PASSWORDS})
    steps = found["steps"]["network"]
    assert steps and all(step.startswith("wait for ") for step in steps), "no controller makes its workloads ready"
    other = probe([layer], inputs, access, {"passwords": {"tor1": "another one"}})
    assert other["steps"]["network"] == ["change Secret kube-system/groundup-bgp-passwords"]
    assert "another one" not in str(other) and "throw-away" not in str(other)


def test_a_change_is_shown_and_made(calico: Calico) -> None:
    bgp = {**BGP, "peers": [TOR1, {**TOR2, "accept": []}]}
    changes = {"bgp": bgp, "mtu": 8000, "passwords": {"tor1": "another one"}}
    wanted = {
        "change ConfigMap kube-system/calico-config",
        "change Secret kube-system/groundup-bgp-passwords",
        "change BGPPeer tor2",
        "change DaemonSet kube-system/calico-node",
        "remove BGPFilter tor2 (it is no longer in the definitions)",
    }
    planned = calico(check=True, **changes)
    assert wanted <= set(planned["steps"]) and len(planned["steps"]) <= len(wanted) + 1, planned["steps"]
    assert not {"throw-away", "another one"} & set(str(planned["diff"]).split("'")), "no password is shown"
    assert calico.get("bgpfilters/tor2"), "check mode changes nothing"
    calico(**changes)
    assert not calico(**changes)["changed"]


def test_what_is_no_longer_wanted_is_pruned(calico: Calico) -> None:
    done = calico(bgp={}, nat=True, passwords={})
    removed = {f"{row['kind']} {row['name']}" for row in done["objects"] if row["result"] == "removed"}
    assert removed == {
        "BGPPeer tor1",
        "BGPPeer tor2",
        "IPPool load-balancers-10-99-0-0-24",
        "Secret groundup-bgp-passwords",
        "Role groundup-bgp-passwords",
        "RoleBinding groundup-bgp-passwords",
    }
    assert not calico(bgp={}, nat=True, passwords={})["changed"]


def test_an_overlay_takes_the_place_of_routes(calico: Calico) -> None:
    changes = {"encapsulation": "vxlan", "mtu": 8950, "nat": True, "bgp": {}, "passwords": {}}
    done = calico(**changes)
    assert "remove BGPConfiguration default (it is no longer in the definitions)" in done["steps"]
    assert calico.get("ippools/default-ipv4-ippool")["vxlanMode"] == "Always"
    assert not calico(**changes)["changed"]


def test_the_subnet_of_pods_cannot_be_changed(calico: Calico) -> None:
    with pytest.raises(ObjectsError, match="CIDR cannot be changed"):
        calico(pods="10.128.0.0/14", bgp={}, passwords={})


def test_policies_of_users_are_lost_by_consent_only(calico: Calico) -> None:
    policy = {
        "apiVersion": "crd.projectcalico.org/v1",
        "kind": "GlobalNetworkPolicy",
        "metadata": {"name": "mine"},
        "spec": {"selector": "all()"},
    }
    calico.objects(policy)
    for check in (True, False):
        with pytest.raises(
            ClusterLayerError, match=r"nothing was removed.*globalnetworkpolicies.*calico_remove_data: true"
        ):
            calico(present=False, check=check)
    assert calico.get("globalnetworkpolicies/mine")["selector"] == "all()"


def test_it_is_removed_and_installed_again(calico: Calico) -> None:
    assert calico(present=False, check=True, remove_data=True)["changed"]
    calico(present=False, remove_data=True)
    assert not [group for group in calico.objects.get("/apis")["groups"] if "projectcalico" in group["name"]]
    assert not calico(present=False)["changed"], "nothing is left that would be lost"
    assert calico()["changed"] and not calico()["changed"]


def test_a_release_with_a_known_fault_is_refused(calico: Calico, tmp_path: Path) -> None:
    text = (directory("calico-") / "manifests/calico.yaml").read_text()
    file = tmp_path / "calico.yaml"
    file.write_text(text)
    with pytest.raises(Exception, match=r"node:v3\.32\.1.*calico#13163"):
        calico(manifest=pinned(file))
