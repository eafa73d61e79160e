# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kubeconfig of a cluster that others run. People write such files, so more is refused than of kubeadm's own."""

from __future__ import annotations

import re
from pathlib import Path

from .api import Kubeconfig
from .errors import KubeError

#: One context, with certificates in the file and not beside it (kubectl's documentation, `kubectl config view`).
REMEDY = "`kubectl config view --minify --flatten --raw` writes the context in use as a file that can be read here"
SERVER = re.compile(r"^\s*(?:-\s+)?server:", re.MULTILINE)
LOGIN = re.compile(r"^\s*(?:-\s+)?(?:client-certificate-data|token):", re.MULTILINE)
#: A value in quotes, as programs write it that are not kubectl.
QUOTED = re.compile(r"""^(\s*(?:-\s+)?[a-z-]+:\s*)(["'])(\S+)\2\s*$""", re.MULTILINE)
#: Keys of clientcmd/v1 that change how the API is reached, which this client does not follow.
UNFOLLOWED = re.compile(r"^\s*(?:-\s+)?(tls-server-name|proxy-url|insecure-skip-tls-verify):", re.MULTILINE)


def read(path: str) -> Kubeconfig:
    """The one cluster and the one user of a kubeconfig.

    :raises KubeError: there is no such file, or it is not of this kind; with the remedy.
    """
    file = Path(path).expanduser()
    try:
        text = QUOTED.sub(r"\1\3", file.read_text(errors="replace"))
    except FileNotFoundError:
        raise KubeError(
            f"{path}: there is no such file on this host; put the kubeconfig of the cluster there, which those who run "
            "the cluster give you, or correct kubernetes.existing.kubeconfig"
        ) from None
    except OSError as error:
        raise KubeError(f"{path}: can't be read ({error.strerror}); let this account read it") from error
    if len(SERVER.findall(text)) > 1 or len(LOGIN.findall(text)) > 1:
        raise KubeError(f"{path}: has more than one cluster or login; {REMEDY}")
    if found := UNFOLLOWED.search(text):
        raise KubeError(f"{path}: has {found[1]}, which is not followed here; give a kubeconfig without it")
    try:
        return Kubeconfig.of(text, path)
    except KubeError as error:
        detail = str(error).partition(";")[0]
        raise KubeError(
            f"{detail}; the server, its CA, and a client certificate with its key, or a token, have to be in the file, "
            f"and no program that logs in; {REMEDY}"
        ) from error
