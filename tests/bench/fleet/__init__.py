# SPDX-License-Identifier: GPL-3.0-or-later
"""A no-op of site.yml over simulated machines of this host, with its figures. See __main__.py."""

#: What is not as on real machines: {name: what stands in for it}. The result names each of them.
DOUBLES = {
    "machines": "namespaces of this host with a root directory each; sshd, Python, nft, files and routes are real",
    "links": "`ip address` and `ip route` answer from a file, since this kernel may have neither bonds nor VLANs",
    "systemd": "`systemctl show` answers from files that say what the layers want",
    "packages": "`dpkg-query` answers that every package is installed",
    "kernel": "sysctls that are not of a network namespace, and the list of modules, are files",
    "bundle": "its files and images are a line of text each",
    "API": "one HTTPS server answers for all kubelets; control planes have files of kubeadm and no servers",
    "switches": "`unmanaged`, so nothing is read from them",
    "provisioner": "its play is left out (`--skip-tags provisioner`); its state directory and its chronyd are there",
    "report": "the last report, which still stands, was written by hand",
}
