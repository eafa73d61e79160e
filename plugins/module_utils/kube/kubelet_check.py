# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the kubelet of a machine takes its settings: asked before it is restarted, and seen after.

The kubelet has no command that checks a configuration. But it ends with an error of its own where it shall exit on
contention for a lock file and is given no lock file; and before that it reads, merges and validates its configuration,
and does nothing else (run in cmd/kubelet/app/server.go, 1.36).
"""

from __future__ import annotations

import http.client
import re
import shutil

from ..host.system import System
from ..waiting.deadline import Deadline
from ..waiting.missing import Missing
from ..waiting.wait import TimedOut, wait
from . import config, kubelet_settings, paths, yaml
from .errors import KubeError, KubeRefusedError
from .settings import Settings

KUBELET = "/usr/local/bin/kubelet"
SCRATCH = f"{paths.SCRATCH}/kubelet"
TAKEN = "no lock file specified"
#: The kubelet's last line, or the first of a panic.
REASON = re.compile(r'"command failed" err="(.*)"$|^panic: (.*)$', re.MULTILINE)
#: What it appends to a list of errors: its whole configuration.
TAIL = re.compile(r", path: &TypeMeta\{.*\Z", re.DOTALL)
HEALTHZ = ("127.0.0.1", 10248)
#: Seconds in which a restarted kubelet answers.
LIMIT = {"default": 60.0, "slow": 300.0}


def refuse(settings: Settings, system: System) -> None:
    """Let the kubelet of this machine read the settings that it would get.

    :raises KubeRefusedError: it would not start; with its own reason.
    """
    base = config.kubelet_configuration(settings) | {"serverTLSBootstrap": True}  # so that it makes no certificate
    system.write(f"{SCRATCH}/config.yaml", yaml.dump(base).encode(), mode=0o600)
    system.write(f"{SCRATCH}/conf.d/50.conf", kubelet_settings.text(settings.node.kubelet).encode(), mode=0o600)
    own = system.path(SCRATCH)
    argv = [
        str(system.path(KUBELET)), "--exit-on-lock-contention",
        f"--config={own}/config.yaml", f"--config-dir={own}/conf.d", f"--cert-dir={own}/pki", f"--root-dir={own}/root",
    ]  # fmt: skip
    try:
        output = system.run(["sh", "-c", '"$@" 2>&1', "sh", *argv], check=False, timeout=120)
    finally:
        shutil.rmtree(own, ignore_errors=True)
    if TAKEN not in output:
        raise KubeRefusedError(
            f"{settings.node.name}: the kubelet would not start with kubernetes.node.kubelet: {_reason(output)}; "
            "correct the setting and run again, nothing was changed"
        )


def _reason(output: str) -> str:
    """Why it ended: its own last error, or all that it wrote where it has another shape."""
    found = REASON.findall(output)
    text = "".join(found[-1]) if found else " ".join(output.split())[-600:] or "it wrote nothing"
    return TAIL.sub("", text.replace('\\"', '"'))


def await_healthy(settings: Settings, system: System) -> None:
    """Wait until the restarted kubelet answers: some settings it reads only when it runs.

    :raises KubeError: it does not answer; with the end of its journal.
    """
    try:
        wait(unhealthy, Deadline(LIMIT[settings.timings]), what="the kubelet to answer")
    except TimedOut as error:
        raise KubeError(
            f"{settings.node.name}: the kubelet does not answer {error.seconds:.0f} s after it was restarted with "
            f"kubernetes.node.kubelet ({error.missing}); correct the setting and run again\n{journal(system)}"
        ) from error


def journal(system: System) -> str:
    """The end of the kubelet's journal, for an error."""
    argv = ["journalctl", "-u", "kubelet.service", "-n", "15", "--no-pager", "-o", "cat"]
    return f"last lines of its journal:\n{system.run(argv, check=False)}"


def unhealthy() -> Missing | None:
    """Why the kubelet of this machine does not answer; None where it does."""
    connection = http.client.HTTPConnection(*HEALTHZ, timeout=10)
    try:
        connection.request("GET", "/healthz")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return Missing.of("kubelet", f"http://{HEALTHZ[0]}:{HEALTHZ[1]}/healthz: {error}")
    finally:
        connection.close()
    return None if status == http.HTTPStatus.OK else Missing.of("kubelet", f"its health check answers {status}")
