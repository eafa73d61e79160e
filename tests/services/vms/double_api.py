# SPDX-License-Identifier: GPL-3.0-or-later
"""A double of KubeVirt's API server: its eviction webhook and its actions (subresources.kubevirt.io), over TLS.

It answers as kubevirt v1.9.0 does (pkg/virt-api/webhooks/validating-webhook/admitters/pod-eviction-admitter.go,
pkg/virt-api/rest/lifecycle.go and evacuate_cancel.go). The real API server calls it, as webhook and by aggregation.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
import typing as t
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from ansible_collections.groundup.cloud.plugins.module_utils.objects.errors import Refused
from ansible_collections.groundup.cloud.plugins.module_utils.objects.transport import Https
from services.bmc.tls_server import TlsServer

Json = dict[str, t.Any]
MERGE = "application/merge-patch+json"
GROUP = "subresources.kubevirt.io"
ACTION = re.compile(rf"/apis/{GROUP}/v1/namespaces/([^/]+)/(\w+)/([^/]+)/([\w/]+)")


class Conflict(Exception):
    """The action is refused with 409."""


class ApiDouble:
    """Serves from its creation on. `register` makes it known to the API server.

    :ivar actions: (resource, name, action, body) of all PUTs.
    """

    def __init__(self, api: Https, home: Path) -> None:
        self.api, self.actions = api, list[tuple[str, str, str, Json]]()
        certificate, key = home / "double.crt", home / "double.key"
        words = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        words += ["-days", "2", "-subj", "/CN=double"]
        names = ["-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]
        subprocess.run(
            ["openssl", *words, *names, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True
        )
        self.ca = base64.b64encode(certificate.read_bytes()).decode()
        self.server = TlsServer(handler(self), str(certificate), str(key))

    def register(self, objects: t.Callable[..., t.Any]) -> None:
        hook = {
            "name": "virt-launcher-eviction-interceptor.kubevirt.io",
            "clientConfig": {"url": f"https://127.0.0.1:{self.server.port}/launcher-eviction", "caBundle": self.ca},
            "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"], "resources": ["pods/eviction"]}],
            "failurePolicy": "Ignore",
            "sideEffects": "NoneOnDryRun",
            "admissionReviewVersions": ["v1"],
        }
        service = {"name": "virt-api", "namespace": "kubevirt", "port": self.server.port}
        objects(
            [
                {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kubevirt"}},
                {
                    "apiVersion": "v1",
                    "kind": "Service",
                    "metadata": {"name": "virt-api", "namespace": "kubevirt"},
                    "spec": {"type": "ExternalName", "externalName": "localhost"},
                },
                {
                    "apiVersion": "apiregistration.k8s.io/v1",
                    "kind": "APIService",
                    "metadata": {"name": f"v1.{GROUP}"},
                    "spec": {
                        "group": GROUP,
                        "version": "v1",
                        "service": service,
                        "insecureSkipTLSVerify": True,
                        "groupPriorityMinimum": 1000,
                        "versionPriority": 15,
                    },
                },
                {
                    "apiVersion": "admissionregistration.k8s.io/v1",
                    "kind": "ValidatingWebhookConfiguration",
                    "metadata": {"name": "virt-api-validator"},
                    "webhooks": [hook],
                },
            ]
        )

    def close(self) -> None:
        self.server.close()

    def get(self, plural: str, space: str, name: str) -> Json | None:
        try:
            return self.api.call("GET", f"/apis/kubevirt.io/v1/namespaces/{space}/{plural}/{name}")
        except Refused as error:
            if error.status == 404:
                return None
            raise

    def patch(self, plural: str, space: str, name: str, body: Json, status: bool = False) -> Json:
        path = f"/apis/kubevirt.io/v1/namespaces/{space}/{plural}/{name}" + ("/status" if status else "")
        return self.api.call("PATCH", path, None, body, MERGE)

    def review(self, request: Json) -> str:
        """Why an eviction is denied; empty where it is not."""
        space = request["namespace"]
        pod = self.api.call("GET", f"/api/v1/namespaces/{space}/pods/{request['name']}")
        if pod["metadata"].get("labels", {}).get("kubevirt.io") != "virt-launcher":
            return ""
        vmi = self.get("virtualmachineinstances", space, pod["metadata"]["annotations"]["kubevirt.io/domain"])
        assert vmi is not None
        strategy = vmi["spec"].get("evictionStrategy", "None")
        status, name = vmi["status"], vmi["metadata"]["name"]
        migratable = any(c["type"] == "LiveMigratable" and c["status"] == "True" for c in status["conditions"])
        if strategy == "LiveMigrate" and not migratable:
            return f"VMI {name} is configured with an eviction strategy but is not live-migratable"
        if strategy not in ("LiveMigrate", "External") and not (strategy == "LiveMigrateIfPossible" and migratable):
            return ""
        text = f'Eviction triggered evacuation of VMI "{space}/{name}"'
        if status.get("evacuationNodeName"):
            return f"Evacuation in progress: {text}"
        if status["nodeName"] != pod["spec"]["nodeName"]:
            return "Eviction request for target Pod"
        if not request.get("dryRun"):
            self.patch("virtualmachineinstances", space, name, {"status": {"evacuationNodeName": status["nodeName"]}})
        return text

    def act(self, space: str, plural: str, name: str, action: str, body: Json) -> None:
        """:raises Conflict: with KubeVirt's text."""
        self.actions.append((plural, name, action, body))
        vmi = self.get("virtualmachineinstances", space, name)
        running = vmi is not None and vmi["status"].get("phase") == "Running"
        if plural == "virtualmachineinstances":
            self._act_on_vmi(space, name, action, vmi, running)
            return
        vm = self.get("virtualmachines", space, name)
        assert vm is not None
        strategy, old = vm["spec"]["runStrategy"], vm.get("status", {}).get("stateChangeRequests") or []
        requests = {
            "start": [{"action": "Start"}],
            "stop": [{"action": "Stop", "uid": vmi["metadata"]["uid"] if vmi else ""}],
            "restart": [{"action": "Stop", "uid": vmi["metadata"]["uid"] if vmi else ""}, {"action": "Start"}],
        }[action]
        if action == "start" and vmi is not None:
            raise Conflict("VM is already running")
        if action == "stop" and vmi is not None and "gracePeriod" in body:
            spec = {"terminationGracePeriodSeconds": body["gracePeriod"]}
            self.patch("virtualmachineinstances", space, name, {"spec": spec})
        if action == "restart" and (vmi is None or strategy in ("Halted", "Once")):
            raise Conflict(f"RunStategy {strategy} does not support manual restart requests")
        if (action, strategy) in (("start", "Halted"), ("stop", "Always"), ("stop", "Once")):
            wanted = "Always" if action == "start" else "Halted"
            self.patch("virtualmachines", space, name, {"spec": {"runStrategy": wanted}})
        elif (action, strategy) in (("start", "Always"), ("start", "Once")):
            raise Conflict(f"{strategy} does not support manual start requests")
        elif action == "stop" and vmi is None:
            raise Conflict("VM is not running")
        else:
            self.patch("virtualmachines", space, name, {"status": {"stateChangeRequests": [*old, *requests]}}, True)

    def _act_on_vmi(self, space: str, name: str, action: str, vmi: Json | None, running: bool) -> None:
        if vmi is None or not running:
            raise Conflict("VMI is not running")
        others = [one for one in vmi["status"].get("conditions", []) if one["type"] != "Paused"]
        paused = len(others) < len(vmi["status"].get("conditions", []))
        if action == "evacuate/cancel":
            self.patch("virtualmachineinstances", space, name, {"status": {"evacuationNodeName": None}})
            return
        if paused is (action == "pause"):
            raise Conflict("VMI is already paused" if paused else "VMI is not paused")
        if "ignores-pause" not in (vmi["metadata"].get("annotations") or {}):
            new = [{"type": "Paused", "status": "True", "reason": "PausedByUser"}] if action == "pause" else []
            self.patch("virtualmachineinstances", space, name, {"status": {"conditions": [*others, *new]}})


def handler(double: ApiDouble) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *words: object) -> None:
            pass

        def answer(self, status: int, body: Json | None) -> None:
            data = b"" if body is None else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def body(self) -> Json:
            data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            return t.cast(Json, json.loads(data)) if data else {}

        def do_GET(self) -> None:
            resources = {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": f"{GROUP}/v1", "resources": []}
            self.answer(200, resources)

        def do_POST(self) -> None:
            request = self.body()["request"]
            denied = double.review(request)
            response: Json = {"uid": request["uid"], "allowed": not denied}
            if denied:
                response["status"] = {"message": denied, "code": 429}
            review = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}
            self.answer(200, review)

        def do_PUT(self) -> None:
            found, body = ACTION.fullmatch(self.path.partition("?")[0]), self.body()
            assert found, self.path
            # Its routes name no media type (pkg/virt-api/api.go), so go-restful takes JSON alone for unacceptable.
            if "*/*" not in self.headers.get("Accept", ""):
                self.answer(406, None)
                return
            try:
                double.act(*t.cast("tuple[str, str, str, str]", found.groups()), body)
            except Conflict as error:
                text = f'Operation cannot be fulfilled on {found[2]} "{found[3]}": {error}'
                self.answer(409, {"kind": "Status", "status": "Failure", "reason": "Conflict", "message": text})
                return
            self.answer(202, None)

    return Handler
