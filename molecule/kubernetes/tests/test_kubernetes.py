# SPDX-License-Identifier: GPL-3.0-or-later
"""The API answers at its endpoint, keeps Secrets encrypted and an audit log, and changes by hand are mended."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
from typing import Any

PLAYBOOK = pathlib.Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"], "examples/kubernetes.yml")
KUBECTL = "kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout 60s"


def converge(*more: str) -> str:
    """Run the README's playbook once more and return its output."""
    inventory = pathlib.Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"], "inventory", "machine.yml")
    words = ["ansible-playbook", "-i", str(inventory), str(PLAYBOOK), "--diff", *more]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_api_answers_at_its_endpoint_and_only_with_its_own_certificate(host: Any) -> None:
    curl = "curl -sS --max-time 60 https://10.99.10.10:8443/readyz"
    assert host.check_output(f"{curl} --cacert /etc/kubernetes/pki/ca.crt") == "ok"
    assert host.run(curl).rc == 60  # not a certificate that the machine's own CAs would vouch for


def test_certificates_are_ecdsa(host: Any) -> None:
    for name in ("ca", "apiserver", "etcd/server"):
        assert "id-ecPublicKey" in host.check_output(f"openssl x509 -noout -text -in /etc/kubernetes/pki/{name}.crt")


def test_secrets_are_encrypted_at_rest(host: Any) -> None:
    host.check_output(f"{KUBECTL} create secret generic seen --from-literal=word=hunter2swordfish")
    assert (
        host.check_output(f"{KUBECTL} get secret seen -o jsonpath='{{.data.word}}' | base64 -d") == "hunter2swordfish"
    )
    host.check_output("sync")
    assert host.run("grep -rqa hunter2swordfish /var/lib/etcd").rc == 1
    assert host.run("grep -rqa k8s:enc:secretbox:v1:groundup-1 /var/lib/etcd").rc == 0


def test_the_audit_log_names_who_read_a_secret_and_not_what_it_says(host: Any) -> None:
    lines = host.check_output('grep \'"resource":"secrets"\' /var/log/kubernetes/audit/audit.log').splitlines()
    reads = [
        event for event in map(json.loads, lines) if event["verb"] == "get" and event["objectRef"].get("name") == "seen"
    ]
    assert reads and reads[0]["user"]["username"] == "kubernetes-admin"
    assert host.run("grep -q hunter2swordfish /var/log/kubernetes/audit/audit.log").rc == 1


def test_no_token_outlives_the_run(host: Any) -> None:
    kinds = host.check_output(f"{KUBECTL} get secret -n kube-system -o jsonpath='{{.items[*].type}}'")
    assert "bootstrap.kubernetes.io/token" not in kinds
    assert not host.file("/run/groundup-kubernetes").exists or not host.file("/run/groundup-kubernetes").listdir()
    assert host.run("grep -Eq '[a-z0-9]{6}[.][a-z0-9]{16}([^a-z0-9]|$)' /var/log/groundup/kubeadm.log").rc == 1


def test_the_node_carries_the_labels_and_no_taint_of_kubeadm(host: Any) -> None:
    node = json.loads(host.check_output(f"{KUBECTL} get node node1 -o json"))
    assert node["metadata"]["labels"]["topology.kubernetes.io/zone"] == "r1"
    assert "node-role.kubernetes.io/control-plane" not in {taint["key"] for taint in node["spec"].get("taints", [])}


def test_changes_by_hand_are_mended_and_certificates_that_end_soon_renewed(host: Any) -> None:
    """All in one run, since a run takes a minute on this machine.

    The authority signs one certificate anew for 30 days; the renewal makes all of them last for a year, and the servers
    take them. The kubelet goes on, and what others added stays.
    """
    host.check_output(f"{KUBECTL} label node node1 topology.kubernetes.io/zone=r9 others=mine --overwrite")
    host.check_output("sed -i s/leastconn/roundrobin/ /etc/haproxy/haproxy.cfg")
    names = ("kubelet.conf", "admin.conf", "super-admin.conf", "scheduler.conf", "pki/ca.key", "pki/etcd/server.key")
    files = [f"/etc/kubernetes/{name}" for name in names]
    files.append(host.check_output("readlink -f /var/lib/kubelet/pki/kubelet-client-current.pem"))
    host.check_output(
        f"chmod 0644 {' '.join(files)}; chown daemon /etc/kubernetes/pki/sa.key; chmod 0755 /var/lib/etcd"
    )
    pki = "/etc/kubernetes/pki"
    host.check_output(
        f"cd {pki} && openssl x509 -in apiserver.crt -x509toreq -signkey apiserver.key -copy_extensions copyall"
        " -out /root/x.csr && openssl x509 -req -in /root/x.csr -CA ca.crt -CAkey ca.key -days 30"
        " -copy_extensions copyall -out apiserver.crt"
    )
    authority, kubelet = host.check_output(f"sha256sum {pki}/ca.crt"), host.check_output("pgrep -x kubelet")
    before = host.check_output("pgrep -x etcd; pgrep -x kube-apiserver")
    output = converge()
    assert "file /etc/haproxy/haproxy.cfg" in output
    labels = json.loads(host.check_output(f"{KUBECTL} get node node1 -o json"))["metadata"]["labels"]
    assert labels["topology.kubernetes.io/zone"] == "r1" and labels["others"] == "mine"
    assert all(f"access {name}" in output for name in [*files, f"{pki}/sa.key", "/var/lib/etcd"])
    assert {host.file(name).mode for name in files} == {0o600} and host.file("/var/lib/etcd").mode == 0o700
    assert host.file(f"{pki}/sa.key").user == "root"
    assert host.file("/etc/kubernetes/groundup/apiserver/audit-policy.yaml").mode == 0o600

    assert "Configure the control planes and renew their certificates" in output
    left = "openssl x509 -noout -checkend 25920000 -in"  # 300 days
    for name in ("apiserver", "apiserver-kubelet-client", "front-proxy-client", "etcd/server", "etcd/peer"):
        host.check_output(f"{left} {pki}/{name}.crt")
    assert host.check_output(f"sha256sum {pki}/ca.crt") == authority
    assert host.check_output("pgrep -x kubelet") == kubelet
    assert not set(before.split()) & set(host.check_output("pgrep -x etcd; pgrep -x kube-apiserver").split())
    served = (
        "openssl s_client -connect 10.99.10.10:8443 </dev/null 2>/dev/null | openssl x509 -noout -checkend 25920000"
    )
    host.check_output(served)
    host.check_output(f"{KUBECTL} get nodes")
    assert not host.file("/var/lib/groundup/kubernetes/renewal.json").exists
    assert "changed=0" in converge("--check")


def test_another_version_is_refused_before_anything_is_changed(host: Any) -> None:
    before = host.check_output("sha256sum /usr/local/bin/kubelet /etc/kubernetes/groundup/cluster.yaml")
    inventory = pathlib.Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"], "inventory", "machine.yml")
    wanted = 'version: "{{ bundle.bundle.kubernetes }}"'
    assert wanted in PLAYBOOK.read_text()
    other = PLAYBOOK.with_name("kubernetes_other.yml")
    other.write_text(PLAYBOOK.read_text().replace(wanted, "version: 1.99.0"))
    words = ["ansible-playbook", "-i", str(inventory), str(other)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode and "may not skip a minor version" in done.stdout + done.stderr
    assert host.check_output("sha256sum /usr/local/bin/kubelet /etc/kubernetes/groundup/cluster.yaml") == before


def test_an_init_that_was_cut_short_is_taken_up_and_stays_the_same_cluster(host: Any) -> None:
    before = host.check_output(
        "sha256sum /etc/kubernetes/pki/ca.crt /etc/kubernetes/groundup/apiserver/encryption.yaml"
    )
    record = "/var/lib/groundup/kubernetes/attempt.json"
    # Not a file that a server mounts: the kubelet would make an empty one when it starts.
    host.check_output(
        f"""echo '{{"kind": "init", "done": false}}' > {record}; rm /etc/kubernetes/super-admin.conf"""
        "; systemctl stop kubelet"
    )
    output = converge()
    assert "Initialize the cluster" in output and "systemctl start kubelet" in output
    after = host.check_output("sha256sum /etc/kubernetes/pki/ca.crt /etc/kubernetes/groundup/apiserver/encryption.yaml")
    assert after == before
    assert json.loads(host.file(record).content_string)["done"] is True
    assert host.file("/etc/kubernetes/super-admin.conf").exists


def test_a_cluster_that_is_silent_is_never_made_a_second_time(host: Any) -> None:
    host.check_output("systemctl stop kubelet; mv /etc/kubernetes/admin.conf /root/admin.conf")
    inventory = pathlib.Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"], "inventory", "machine.yml")
    words = ["ansible-playbook", "-i", str(inventory), str(PLAYBOOK), "--check"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    host.check_output("mv /root/admin.conf /etc/kubernetes/admin.conf; systemctl start kubelet")
    assert done.returncode and "a second cluster is not created" in done.stdout + done.stderr
