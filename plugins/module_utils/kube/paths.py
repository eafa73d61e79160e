# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths on a node: those that kubeadm prescribes, and those of this collection."""

from __future__ import annotations

KUBEADM = "/usr/local/bin/kubeadm"
KUBERNETES = "/etc/kubernetes"
ADMIN_CONF = "/etc/kubernetes/admin.conf"
KUBELET_CONF = "/etc/kubernetes/kubelet.conf"
BOOTSTRAP_CONF = "/etc/kubernetes/bootstrap-kubelet.conf"
CA = "/etc/kubernetes/pki/ca.crt"
MANIFESTS = "/etc/kubernetes/manifests"
ETCD_PKI = "/etc/kubernetes/pki/etcd"
ETCD = "/var/lib/etcd"
ETCD_DATA = "/var/lib/etcd/member"
KUBELET_CONFIG = "/var/lib/kubelet/config.yaml"

OWN = "/etc/kubernetes/groundup"
CLUSTER = f"{OWN}/cluster.yaml"
APISERVER = f"{OWN}/apiserver"
PATCHES = f"{OWN}/patches"
AUDIT_POLICY = f"{APISERVER}/audit-policy.yaml"
ENCRYPTION = f"{APISERVER}/encryption.yaml"
EGRESS = f"{APISERVER}/egress.yaml"
KONNECTIVITY_CONF = "/etc/kubernetes/konnectivity-server.conf"
AUDIT_LOG = "/var/log/kubernetes/audit"
STATE = "/var/lib/groundup/kubernetes"
ATTEMPT = f"{STATE}/attempt.json"
STATIC_PODS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd")
MANIFEST_RECORD = f"{STATE}/manifests.json"
ETCD_MANIFEST = f"{MANIFESTS}/etcd.yaml"
ETCD_COPY = f"{STATE}/etcd.yaml"
KUBELET_RECORD = f"{STATE}/kubelet.json"
API_CERTIFICATE = f"{STATE}/api-certificate.json"
RENEWAL = f"{STATE}/renewal.json"
SCRATCH = "/run/groundup-kubernetes"
LOG = "/var/log/groundup/kubeadm.log"
