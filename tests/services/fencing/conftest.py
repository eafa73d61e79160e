# SPDX-License-Identifier: GPL-3.0-or-later
"""A real etcd and kube-apiserver, and a real Redfish service (sushy-tools) behind the fault proxy."""

from __future__ import annotations

from services.bmc.conftest import proxy, service  # noqa: F401  fixtures
from services.kube.conftest import bundle, credentials, live, programs  # noqa: F401  fixtures
from services.objects.conftest import api, kubeconfig  # noqa: F401  fixtures
