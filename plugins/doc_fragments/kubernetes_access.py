# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How modules that act through the Kubernetes API on the controller reach it; named as in `kubernetes.core`."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of access."""

    DOCUMENTATION = r"""
options:
  kubeconfig:
    description:
      - A kubeconfig. By default E(K8S_AUTH_KUBECONFIG), else E(KUBECONFIG), else in a pod its service account, else
        C(~/.kube/config).
    type: path
  context:
    description: The context of the kubeconfig, by default its current one. Or E(K8S_AUTH_CONTEXT).
    type: str
  host:
    description: URL of the API server, instead of the kubeconfig's. Or E(K8S_AUTH_HOST).
    type: str
  api_key:
    description: Bearer token. Or E(K8S_AUTH_API_KEY).
    type: str
  ca_cert:
    description: File with the CA of the API server. Or E(K8S_AUTH_SSL_CA_CERT).
    type: path
    aliases: [ssl_ca_cert]
  client_cert:
    description: File with a client certificate. Or E(K8S_AUTH_CERT_FILE).
    type: path
    aliases: [cert_file]
  client_key:
    description: File with the key of the client certificate. Or E(K8S_AUTH_KEY_FILE).
    type: path
    aliases: [key_file]
  validate_certs:
    description: Whether the certificate of the API server is verified, by default yes. Or E(K8S_AUTH_VERIFY_SSL).
    type: bool
    aliases: [verify_ssl]
  proxy:
    description: URL of a proxy. Or E(K8S_AUTH_PROXY), or the usual variables of the environment.
    type: str
requirements:
  - Python package C(kubernetes) on the host where the module runs
"""
