# SPDX-License-Identifier: GPL-3.0-or-later
"""From a model file to a proved cluster on a virtual rack: what every rack has to pass, in the order of the class."""

from __future__ import annotations

import json
import os
import pathlib
import re
import time
import typing as t

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.prove import outside
from ansible_collections.groundup.cloud.plugins.module_utils.prove.pod_traffic import POLICY_CLAIMS
from checks.commands import LOGS, ROOT
from e2e.rack import Processes, Rack, changes, readable_by_all

REPORT = ROOT / "build/report"
KUBECTL = "kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout 60s"
#: A bootstrap token, or a certificate key with its name; for Python and for grep -E inside single quotes.
TOKEN = "(^|[^a-z0-9./-])[a-z0-9]{6}[.][a-z0-9]{16}($|[^a-z0-9.])|certificate-?[kK]ey[^0-9a-f]{1,4}[0-9a-f]{64}"


class Chain:
    """A subclass names the rack, adds tests of its own, and ends with the removal of the rack."""

    rack: Rack
    processes: Processes
    #: The machine that is changed by hand, and whose run is limited to it.
    machine: str
    #: The proofs of the first run; later runs, without proofs, write a report without them.
    proofs: t.ClassVar[list[dict[str, t.Any]]] = []

    @property
    def cloud(self) -> pathlib.Path:
        """The inventory of the twin."""
        return self.rack.directory / "cloud.yml"

    @pytest.mark.first
    def test_make_lab_deploys_blank_machines(self) -> None:
        """From blank machines to proofs, with the command of the README."""
        (REPORT / "report.json").unlink(missing_ok=True)
        with self.processes:
            self.rack.lab("lab", "up", minutes=75)
        type(self).proofs = json.loads((REPORT / "report.json").read_text())["proofs"]

    def test_every_proof_holds_or_has_a_reason_why_it_was_not_tried(self) -> None:
        assert self.proofs, "the report contains no proof"
        false = [f"{p['layer']} {p['name']}: {p['evidence']}" for p in self.proofs if p["ok"] is False]
        assert not false, "\n".join(false)
        unexplained = [
            p["name"] for p in self.proofs if p["ok"] is None and not (p.get("why_not_real") or p["evidence"])
        ]
        assert not unexplained, f"not tried, without a reason: {unexplained}"
        assert (REPORT / "report.html").stat().st_size > 1000
        assert "<testsuite" in (REPORT / "report.xml").read_text()

    @pytest.mark.parametrize("claim", [POLICY_CLAIMS["closed"], outside.CLAIM], ids=["policy", "load balancer"])
    def test_what_the_network_promises_holds_on_the_machines(self, claim: str) -> None:
        owed = [proof for proof in self.proofs if proof["name"] == claim]
        if not owed and "GROUNDUP_E2E_MODEL" in os.environ:
            pytest.skip("the network of this model does not promise it")
        assert [proof["ok"] and proof["real"] for proof in owed] == [True]

    def test_the_plan_of_a_finished_rack_is_empty(self) -> None:
        text = self.rack.lab("plan", "run", "ansible-playbook", "-i", str(self.cloud), "playbooks/plan.yml", minutes=10)
        assert not re.search(r"changed=[1-9]", text), text[-3000:]

    def test_manual_changes_are_reverted_and_nothing_else_is_changed(self) -> None:
        """The test changes a file on a machine and a VLAN of a switch port."""
        drift = "/etc/sysctl.d/zz-by-hand.conf"
        managed = "/etc/chrony/chrony.conf"
        self.rack.on(
            self.machine, f"cp {managed} /root/before; echo '# by hand' >> {managed}; echo '# by hand' > {drift}"
        )
        port = self.rack.vsctl("--bare", "--columns=name", "find", "port", "lacp=active").split()[-1]
        trunks = self.rack.vsctl("get", "port", port, "trunks")
        self.rack.vsctl("remove", "port", port, "trunks", trunks.strip("[]").split(",")[-1].strip())
        figures = self.rack.site("drift", "-e", "groundup_prove=false")
        assert set(changes(figures)) <= {"Switches", "Host base", "Probe"}, changes(figures)
        assert {"Switches", "Host base"} <= set(changes(figures)), changes(figures)
        assert self.rack.vsctl("get", "port", port, "trunks") == trunks
        self.rack.on(self.machine, f"cmp {managed} /root/before && test -s {drift} && rm {drift} /root/before")
        report = json.loads((REPORT / "report.json").read_text())
        assert report["proofs"] == [], "the report still contains proofs from before the change"

    def test_limit_restricts_the_run_to_one_machine(self) -> None:
        figures = self.rack.site("limit", "--limit", self.machine, "-e", "groundup_prove=false")
        assert changes(figures) == {}
        assert set(figures["hosts"]) <= {self.machine, "localhost", "provisioner"}, figures["hosts"]

    def test_the_cluster_works_without_one_control_plane(self) -> None:
        """The machine with the endpoint's address loses power: existing objects can be read and new ones created."""
        names = self.rack.control_planes()
        if len(names) < 3:
            pytest.skip("this rack has fewer than three; GROUNDUP_E2E_MODEL=inventories/lab_ha/cloud.yml has them")
        address = self.rack.on("node1", "grep -oE '10[.0-9]+/32' /etc/keepalived/keepalived.conf").strip()
        holder = next(name for name in names if f" {address} " in self.rack.on(name, "ip -o address show"))
        witness = next(name for name in names if name != holder)
        self.rack.on(witness, f"{KUBECTL} create configmap before --from-literal=key=value-before")
        self.rack.power(holder, "destroy")
        retry = "for try in $(seq 60); do {} && exit; sleep 5; done; exit 1"
        try:
            assert "value-before" in self.rack.on(witness, retry.format(f"{KUBECTL} get configmap before -o yaml"))
            self.rack.on(witness, retry.format(f"{KUBECTL} create configmap after"))
        finally:
            self.rack.power(holder, "start")
        self.rack.wait_for_ssh(holder)  # a machine that is on and does not answer is set aside at once
        figures = self.rack.site("plane", "-e", "groundup_prove=false")
        assert not [stage["name"] for stage in figures["stages"] if stage["failed"] or stage["unreachable"]]
        assert set(changes(figures)) <= {"Probe"}, "the machine rejoins by itself, so the run must change nothing"
        self.rack.on(holder, f"{KUBECTL} delete configmap before after")

    def test_no_secret_is_in_logs_process_lists_or_readable_files(self) -> None:
        """The BMC passwords of the rack, kubeadm's tokens and certificate keys; on the controller and on a machine."""
        passwords = set(re.findall(r"password: ['\"]?([^\s'\",}]+)", self.cloud.read_text()))
        assert passwords, "the twin has no BMC password, so this test would test nothing"
        seen = {f"process {words}": words for words in self.processes.seen}
        assert any("ansible-playbook" in words for words in seen.values()), (
            "no process was seen, so this test would test nothing"
        )
        files = [*LOGS.glob(f"e2e-{self.rack.name}-*.log"), *REPORT.glob("report.*")]
        files += readable_by_all(self.rack.directory, self.rack.state)
        seen |= {str(file): file.read_text(errors="replace") for file in files}
        leaks = [
            place
            for place, text in seen.items()
            if any(secret in text for secret in passwords) or re.search(TOKEN, text, re.MULTILINE)
        ]
        assert leaks == []
        places = "/var/log /etc /var/lib/groundup /run/groundup* /root/.ansible /tmp"
        search = f"(journalctl -q --no-pager; grep -rEsha '{TOKEN}' {places}) | grep -Ea -m3 '{TOKEN}' || true"
        found = self.rack.on("node1", search)
        assert found.strip() == "", found

    def removed(self) -> None:
        """Take the rack away; AssertionError with what is left of it after ten seconds."""
        self.rack.lab("down", "down", minutes=5)
        deadline = time.monotonic() + 10
        while self.rack.traces() and time.monotonic() < deadline:
            time.sleep(0.5)
        assert self.rack.traces() == []
