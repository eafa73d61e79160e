# SPDX-License-Identifier: GPL-3.0-or-later
"""ssh to one switch, for the platforms whose interface is a shell (SONiC), by the library paramiko.

The host key has to be known beforehand: given in the model, or in a known_hosts file of who runs the role.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .config import FabricError
from .login import require_login

if TYPE_CHECKING:
    import paramiko
else:
    try:
        import paramiko
    except ImportError:
        paramiko: Any = None

CONNECT_SECONDS = 10.0
RUN_SECONDS = 60.0
#: What paramiko gives for a channel that was closed without an ``exit-status`` (RFC 4254, 6.10).
NO_STATUS = -1


class Ssh:
    """One kept connection; every method may raise :class:`~.config.FabricError`.

    A refused password is sent once: each later command fails without a login, since switches lock accounts.

    :param name: the switch in the model.
    :param connection: ``address``, ``username``, optional ``port`` and ``password``, and ``ssh`` with optional
        ``host_key`` (a line of a .pub file; by default known_hosts is asked) and ``key_file``. Without a password and
        a key file the agent is asked.
    """

    def __init__(self, name: str, connection: Mapping[str, Any]) -> None:
        self.where = f"switches.{name}"
        self._connection = connection
        self._client: paramiko.SSHClient | None = None
        self._refused = False

    def run(self, command: str, *, stdin: str = "", seconds: float = RUN_SECONDS) -> str:
        """Run a command and return its standard output. One that fails or does not end in time is an error.

        :param command: words for the remote shell, quoted by the caller (:func:`shlex.join`).
        """
        client = self._client or self._open()
        try:
            into, out, err = client.exec_command(command, timeout=seconds)
            into.write(stdin)
            into.channel.shutdown_write()
            text, trouble = out.read().decode(errors="replace"), err.read().decode(errors="replace")
            status = out.channel.recv_exit_status()
        except (OSError, EOFError, paramiko.SSHException) as error:
            self.close()  # the next command opens another, by which the change can be rolled back
            why = f"{command}: {error or type(error).__name__}"
            raise FabricError(self.where, why, "check that it can be reached, and its log") from error
        if status == NO_STATUS:
            self.close()
            why = f"{command} gave no exit status: the connection broke, or the command was killed"
            raise FabricError(self.where, why, "check that it can be reached, and its log")
        if status:
            said = (trouble or text).strip() or "it said nothing"
            raise FabricError(self.where, f"{command} ended with {status}: {said}", "read the switch's log")
        return str(text)

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._client:
            self._client.close()
            self._client = None

    def _open(self) -> paramiko.SSHClient:
        if paramiko is None:
            raise FabricError(self.where, "the Python library paramiko is missing", "install it where the role runs")
        require_login(self.where, self._connection, ("address", "username"), "ssh", self._refused, _LOGIN)
        given, ssh = self._connection, self._connection.get("ssh") or {}
        client = paramiko.SSHClient()
        self._trust(client, ssh.get("host_key"))
        alone = bool(given.get("password") or ssh.get("key_file"))
        try:
            client.connect(
                str(given["address"]),
                port=given.get("port") or 22,
                username=given["username"],
                password=given.get("password"),
                key_filename=ssh.get("key_file"),
                allow_agent=not alone,
                look_for_keys=not alone,
                timeout=CONNECT_SECONDS,
                banner_timeout=CONNECT_SECONDS,
                auth_timeout=CONNECT_SECONDS,
            )
        except paramiko.AuthenticationException as error:
            self._refused = True
            raise FabricError(self.where, f"it refused the login ({error})", _LOGIN) from error
        except (OSError, EOFError, paramiko.SSHException) as error:
            raise FabricError(self.where, str(error) or type(error).__name__, _REACH) from error
        self._client = client
        return client

    def _trust(self, client: paramiko.SSHClient, host_key: str | None) -> None:
        """Accept the given host key and no other, or those of known_hosts."""
        client.set_missing_host_key_policy(paramiko.RejectPolicy())
        if not host_key:
            client.load_system_host_keys()
            return
        key = public_key(self.where, host_key)
        address, port = str(self._connection["address"]), self._connection.get("port") or 22
        client.get_host_keys().add(address if port == 22 else f"[{address}]:{port}", host_key.split()[0], key)


def public_key(where: str, line: str) -> paramiko.PKey:
    """The public key in a line of a .pub file, such as a model's ``ssh.host_key``; NETCONF needs it too."""
    kind, text = (*line.split(), "", "")[:2]
    try:
        return paramiko.PKey.from_type_string(kind, base64.b64decode(text, validate=True))
    except (binascii.Error, paramiko.SSHException) as error:
        remedy = "give one line of a .pub file, such as ssh-ed25519 AAAA…"
        raise FabricError(f"{where}.ssh.host_key", f"is no public key ({error})", remedy) from error


_LOGIN = "correct username, password or key of the switch in the model"
_REACH = "check its address, the management network, and its host key in known_hosts or the model's ssh.host_key"
