# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How an API server is reached and by whom: options and environment variables have the names of ``kubernetes.core``.

The official Python client loads kubeconfigs (contexts, exec plug-ins, tokens, certificates) and the configuration of a
pod. Only its configuration and its connections are used, not its models.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any

from .errors import AccessError
from .transport import Https

CONNECTIONS = 8
#: Option -> environment variable that is used where the option is not given.
ENVIRONMENT = {
    "kubeconfig": "K8S_AUTH_KUBECONFIG",
    "context": "K8S_AUTH_CONTEXT",
    "host": "K8S_AUTH_HOST",
    "api_key": "K8S_AUTH_API_KEY",
    "ca_cert": "K8S_AUTH_SSL_CA_CERT",
    "client_cert": "K8S_AUTH_CERT_FILE",
    "client_key": "K8S_AUTH_KEY_FILE",
    "validate_certs": "K8S_AUTH_VERIFY_SSL",
    "proxy": "K8S_AUTH_PROXY",
}
OPTIONS: dict[str, dict[str, Any]] = {
    "kubeconfig": {"type": "path"},
    "context": {"type": "str"},
    "host": {"type": "str"},
    "api_key": {"type": "str", "no_log": True},
    "ca_cert": {"type": "path", "aliases": ["ssl_ca_cert"]},
    "client_cert": {"type": "path", "aliases": ["cert_file"]},
    "client_key": {"type": "path", "aliases": ["key_file"], "no_log": False},  # a path
    "validate_certs": {"type": "bool", "aliases": ["verify_ssl"]},
    "proxy": {"type": "str"},
}
FALSE = {"0", "false", "no", "off"}


def options(params: Mapping[str, Any], environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the options of access that are given, as parameters or in the environment."""
    environment = os.environ if environment is None else environment
    found: dict[str, Any] = {}
    for name, variable in ENVIRONMENT.items():
        value = params.get(name)
        if value is None:
            value = environment.get(variable) or None
        if value is not None:
            found[name] = value
    if isinstance(found.get("validate_certs"), str):
        found["validate_certs"] = found["validate_certs"].lower() not in FALSE
    return found


def connect(params: Mapping[str, Any], environment: Mapping[str, str] | None = None) -> Https:
    """Return a transport. Nothing is sent before the first call.

    :raises AccessError: the configuration is absent or wrong, or the client is not installed.
    """
    found = options(params, environment)
    try:
        from kubernetes import client, config
    except ImportError as error:
        raise AccessError(
            f"the Python package kubernetes is missing for {sys.executable} ({error}); install it on the host where "
            "this module runs, with `pip install kubernetes`"
        ) from error
    configuration = client.Configuration()
    _load(config, configuration, found)
    _override(configuration, found)
    configuration.connection_pool_maxsize = CONNECTIONS
    configuration.retries = False
    return Https(client.ApiClient(configuration), CONNECTIONS)


def _load(config: Any, configuration: Any, found: Mapping[str, Any]) -> None:
    """Fill the configuration from a kubeconfig or, in a pod, from its service account."""
    if "host" in found and ("api_key" in found or {"client_cert", "client_key"} <= set(found)):
        return
    chosen = {"config_file": found.get("kubeconfig"), "context": found.get("context")}
    try:
        named = any(chosen.values()) or os.environ.get("KUBECONFIG")
        if not named and os.environ.get("KUBERNETES_SERVICE_HOST"):
            config.load_incluster_config(client_configuration=configuration)
        else:
            config.load_kube_config(client_configuration=configuration, persist_config=False, **chosen)
    except (config.ConfigException, OSError, TypeError, KeyError, ValueError) as error:
        place = found.get("kubeconfig") or os.environ.get("KUBECONFIG") or "~/.kube/config"
        raise AccessError(
            f"{place}: no usable configuration of a cluster ({error}); give kubeconfig and context, or host with "
            "api_key or with client_cert and client_key"
        ) from error


def _override(configuration: Any, found: Mapping[str, Any]) -> None:
    """Let single options replace what the configuration says."""
    if "host" in found:
        configuration.host = found["host"]
    if "api_key" in found:
        configuration.api_key = {"authorization": f"Bearer {found['api_key']}"}
        configuration.refresh_api_key_hook = None
    names = {"ca_cert": "ssl_ca_cert", "client_cert": "cert_file", "client_key": "key_file", "proxy": "proxy"}
    for option, attribute in names.items():
        if option in found:
            setattr(configuration, attribute, found[option])
    if "validate_certs" in found:
        configuration.verify_ssl = found["validate_certs"]
    for attribute in ("ssl_ca_cert", "cert_file", "key_file"):
        path = getattr(configuration, attribute, None)
        if path and not os.path.exists(path):
            raise AccessError(f"{path}: this file does not exist; correct {attribute.replace('_file', '')}")
