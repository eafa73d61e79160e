# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in for parts of the rack that simulated machines do not have: programs, a bundle, an API, a report."""

from __future__ import annotations

import hashlib
import json
import ssl
import subprocess
import threading
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from ansible_collections.groundup.cloud.plugins.module_utils.bundle.image_storage import (
    CONFIG,
    MANIFEST,
    Registry,
    split,
)
from ansible_collections.groundup.cloud.plugins.module_utils.report.proofs import Proof, Report

#: Where the programs read their answers on a machine.
ANSWERS = "/opt/fleet"
PROGRAMS = {
    "systemctl": f"""#!/bin/sh
# A double: answers `systemctl show --property … -- UNIT …` from files.
while [ "$1" != -- ]; do shift; done
shift
cd {ANSWERS}/units && exec cat "$@"
""",
    "dpkg-query": """#!/bin/sh
# A double: answers `dpkg-query -W -f … PACKAGE …`: all are installed.
shift 3
printf '%s installed\\n' "$@"
""",
    "ip": f"""#!/bin/sh
# A double for what the machine's links and routes are; anything else is done by the real program.
case "$*" in
  "-json -details address show") exec cat {ANSWERS}/links.json ;;
  "-json route show table main") exec cat {ANSWERS}/routes.json ;;
esac
exec /usr/bin/ip "$@"
""",
}


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def bundle(top: Path, needs: Iterable[str], lock: str) -> dict[str, Any]:
    """A bundle in which each thing that is needed is a line of text; its index. ``lock``: what it is named by."""
    files: dict[str, Any] = {}
    images: dict[str, Any] = {}
    packages: dict[str, Any] = {}
    registry = Registry(top / "registry")
    for need in sorted(set(needs)):
        data = f"{need}\n".encode()
        item = {"sha256": digest(data), "size": len(data), "path": f"files/sha256/{digest(data)}"}
        if ":" in need and not need.startswith("apt:"):
            images[need] = image(registry, need, data)
            continue
        path = top / item["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        kind = {"mode": "0644", "kind": "tar"} if need == "cni-plugins" else {"mode": "0755", "kind": "binary"}
        (packages if need.startswith("apt:") else files)[need.removeprefix("apt:")] = {**item, **kind, "version": "1"}
    index = {
        "lock": lock, "source": "upstream", "files": files, "images": images, "packages": packages,
        "registries": ["registry.k8s.io"],
    }  # fmt: skip
    (top / "bundle.json").write_text(json.dumps(index))
    return index


def image(registry: Registry, reference: str, config: bytes) -> dict[str, Any]:
    """Store an image without layers; its entry of the index."""
    repository, tag = split(reference)
    part = {"mediaType": CONFIG, "digest": f"sha256:{digest(config)}", "size": len(config)}
    manifest = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "config": part, "layers": []}).encode()
    registry.put_blob(repository, part["digest"], config)
    registry.put_manifest(repository, f"sha256:{digest(manifest)}", manifest, tag)
    return {"digest": f"sha256:{digest(manifest)}", "size": len(config) + len(manifest)}


def report(path: Path, cloud: str, hosts: Iterable[str]) -> None:
    """The report of a run that has proved something of all hosts just now."""
    proof = Proof("fleet: nothing was proved", "run", True, 0.0, "this is a double of a report")
    started = datetime.now(UTC).isoformat(timespec="seconds")
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(Report(cloud, started, 1.0, proofs=(proof,), hosts=tuple(hosts)).as_dict()))


def deployed(state: Path, cloud: str, machine: str, host_key: str) -> dict[str, str]:
    """Records of a finished deployment in the provisioner's state; the files by which the machine is recognised."""
    mark = {"machine": machine, "deploy_id": f"{machine}-1", "time": time.time() - 3600}
    machine_id = digest(machine.encode())[:32]
    done = {**mark, "host_key": host_key, "machine_id": machine_id, "image": "debian-13"}
    for name in ("armed", "events", "done", "journal"):
        (state / "deploy" / name).mkdir(parents=True, exist_ok=True)
    (state / f"deploy/done/{machine}.json").write_text(json.dumps(done))
    line = {**mark, "run": "first", "event": "confirmed", "data": {}}
    (state / f"deploy/journal/{machine}.jsonl").write_text(json.dumps(line) + "\n")
    identity = json.dumps({"machine": machine, "cloud": cloud})
    return {"/etc/machine-id": f"{machine_id}\n", "/etc/groundup/identity.json": identity}


def certificate(path: Path, *wanted: str) -> tuple[str, str]:
    """A certificate that is its own authority, for these names and addresses, and its key, as PEM.

    :param path: the files, without .crt and .key.
    """
    names = ",".join(f"{'IP' if name.replace('.', '').isdigit() else 'DNS'}:{name}" for name in wanted)
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    words += ["-days", "365", "-subj", "/CN=fleet", "-addext", f"subjectAltName={names}"]
    words += ["-keyout", f"{path}.key", "-out", f"{path}.crt"]
    subprocess.run(words, check=True, capture_output=True)
    return Path(f"{path}.crt").read_text(), Path(f"{path}.key").read_text()


def node(settings: dict[str, Any], version: str) -> dict[str, Any]:
    """A Node that is ready and as the role `kubernetes` labels it."""
    labels = dict(settings["labels"]) | (
        {"node-role.kubernetes.io/control-plane": ""} if settings["control_plane"] else {}
    )
    managed = json.dumps({"labels": sorted(settings["labels"]), "taints": []})
    return {
        "metadata": {"name": settings["name"], "labels": labels, "annotations": {"groundup.cloud/managed": managed}},
        "spec": {},
        "status": {"conditions": [{"type": "Ready", "status": "True"}], "nodeInfo": {"kubeletVersion": f"v{version}"}},
    }


class Api:
    """The API of Kubernetes, as far as kubelets read their own nodes from it."""

    def __init__(self, address: str, port: int, directory: Path, nodes: dict[str, Any], version: str) -> None:
        answers = {f"/api/v1/nodes/{name}": item for name, item in nodes.items()}
        answers["/version"] = {"gitVersion": f"v{version}"}

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                found = answers.get(self.path)
                data = json.dumps(found or {"message": "not found"}).encode()
                self.send_response(200 if found else 404)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 128  # many kubelets ask at once

        server = Server((address, port), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(directory / "tls.crt", directory / "tls.key")
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, daemon=True).start()
