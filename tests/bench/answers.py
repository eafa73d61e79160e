# SPDX-License-Identifier: GPL-3.0-or-later
"""How long the API takes to answer a client on the controller, while something else happens on its rack.

Two requests are due every 200 ms, each on its own connection: GET /readyz, and GET of all nodes. The time of an answer
is counted from the moment when its request was due, so that a server which stops for ten seconds is not counted once.

answers.py SECONDS KUBECONFIG…: waits for one of the files, measures where the controller is, and prints JSON.
"""

from __future__ import annotations

import json
import math
import pathlib
import subprocess
import sys
import threading
import time
import typing as t

from ansible_collections.groundup.cloud.plugins.module_utils.kube.api import Https, Kubeconfig
from ansible_collections.groundup.cloud.plugins.module_utils.kube.errors import KubeError

SECONDS = 60.0
INTERVAL = 0.2
#: Seconds within which a rack that is being raised has to have an API; and one answer of it.
PATIENCE, TIMEOUT = 1800.0, 30.0
REQUESTS = {"readyz": "/readyz", "nodes": "/api/v1/nodes"}


class Series:
    """The answers to one request."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.errors: list[str] = []

    def figures(self) -> dict[str, t.Any]:
        """{count, p50, p95, max} in milliseconds, and the errors. RuntimeError where no request was answered."""
        if not self.seconds:
            raise RuntimeError(f"the API answered nothing: {self.errors[-1] if self.errors else 'no request was due'}")
        found = sorted(1000 * value for value in self.seconds)
        parts = {"p50": percentile(found, 50), "p95": percentile(found, 95), "max": found[-1]}
        return {"count": len(found), **parts, "errors": len(self.errors), "last_error": (self.errors or [""])[-1]}


def percentile(ordered: t.Sequence[float], part: float) -> float:
    """The smallest value that is not exceeded by ``part`` percent of all (nearest rank)."""
    return ordered[max(0, math.ceil(len(ordered) * part / 100) - 1)]


def sample(request: t.Callable[[], object], seconds: float, interval: float = INTERVAL) -> Series:
    """Make a request every ``interval`` seconds; one that is due while another one still runs is made right after it.

    A request that fails is an error, and no time of an answer.
    """
    series, began = Series(), time.monotonic()
    for number in range(round(seconds / interval)):
        due = began + number * interval
        time.sleep(max(0.0, due - time.monotonic()))
        try:
            request()
        except KubeError as error:
            series.errors.append(str(error))
        else:
            series.seconds.append(time.monotonic() - due)
    return series


def measure(kubeconfigs: t.Sequence[pathlib.Path], seconds: float, patience: float = PATIENCE) -> dict[str, t.Any]:
    """Figures by request; ``ready`` is the number of Ready nodes before and after."""
    admin = _wait_for_api(kubeconfigs, time.monotonic() + patience)
    before, found = _ready(admin), {}

    def run(name: str, path: str) -> None:
        connection = _client(admin)
        found[name] = sample(lambda: connection.text("GET", path), seconds)

    threads = [threading.Thread(target=run, args=item) for item in REQUESTS.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"ready": [before, _ready(admin)], **{name: found[name].figures() for name in REQUESTS}}


def of_rack(run: pathlib.Path, state: pathlib.Path, collections: pathlib.Path, seconds: float) -> dict[str, t.Any]:
    """Figures of a rack that runs, or that is being raised: measured where its controller is.

    A hosted control plane has a kubeconfig before any machine joins; the controller's copy is there when the cluster is
    formed.
    """
    if not run.exists():
        raise RuntimeError("there is no such rack; create it with `make lab`, and measure meanwhile or afterwards")
    hosted = state / "provisioner/control_plane/root/etc/kubernetes/admin.conf"
    python = ["env", f"PYTHONPATH={collections}", sys.executable, __file__]
    argv = [str(run), *python, str(seconds), str(hosted), str(state / "kubeconfig")]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError((done.stdout + done.stderr)[-800:])
    return dict(json.loads(done.stdout))


def _client(admin: Kubeconfig) -> Https:
    return admin.https(TIMEOUT)


def _wait_for_api(kubeconfigs: t.Sequence[pathlib.Path], until: float) -> Kubeconfig:
    """The first of the kubeconfigs that exists, when its API is ready."""
    while True:
        try:
            admin = Kubeconfig.read(next((path for path in kubeconfigs if path.exists()), kubeconfigs[0]))
            for path in REQUESTS.values():  # a new server is ready before it knows what its administrator may do
                _client(admin).text("GET", path)
        except (FileNotFoundError, KubeError) as error:
            if time.monotonic() > until:
                raise RuntimeError(f"there is no API to measure: {error}") from error
            time.sleep(1)
        else:
            return admin


def _ready(admin: Kubeconfig) -> int:
    items = _client(admin).call("GET", REQUESTS["nodes"])["items"]
    conditions = [condition for item in items for condition in item.get("status", {}).get("conditions", ())]
    return sum(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


if __name__ == "__main__":
    print(json.dumps(measure([pathlib.Path(word) for word in sys.argv[2:]], float(sys.argv[1]))))
