# SPDX-License-Identifier: GPL-3.0-or-later
"""NETCONF over ssh (RFC 6241, RFC 6242) to one switch, by the library ncclient."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from xml.etree import ElementTree as ET

from ..config import FabricError
from ..login import require_login
from ..ssh import CONNECT_SECONDS, public_key
from .tree import tree

PORT = 830
#: Seconds for one answer, which ncclient may also wait for after the connection broke.
RPC_SECONDS = 60
#: Seconds for a commit or its check: that of a large configuration takes more than a minute.
COMMIT_SECONDS = 180


class Netconf:
    """One kept connection; every method may raise :class:`~..config.FabricError`.

    A refused password is sent once: each later call fails without a login, since switches lock accounts.

    :param name: the switch in the model.
    :param connection: as that of :class:`~..ssh.Ssh`; the port is 830 by default. With a password or a key file, no
        other key is tried.
    """

    def __init__(self, name: str, connection: Mapping[str, Any]) -> None:
        self.where = f"switches.{name}"
        self._connection = connection
        self._manager: Any = None
        self._refused = False

    def call(self, what: str, operation: Callable[[Any], Any]) -> ET.Element:
        """Perform an operation of an ncclient manager and return its answer without namespaces.

        :param what: what is done, for the error and the time that it may take.
        """
        manager = self._open()
        manager.timeout = COMMIT_SECONDS if what.startswith("commit") else RPC_SECONDS
        from ncclient.operations import OperationError, RPCError, TimeoutExpiredError
        from ncclient.transport import TransportError
        from paramiko import SSHException

        try:
            answer = operation(manager)
            return tree(getattr(answer, "xml", None) or answer.tostring.decode())
        except RPCError as error:
            raise Refused(self.where, f"{what}: {reason(error)}", "read the switch's log", error) from error
        except (OperationError, TimeoutExpiredError, TransportError, SSHException, OSError, EOFError) as error:
            self.close()
            raise FabricError(self.where, f"{what}: {error or type(error).__name__}", _REACH) from error

    def rpc(self, name: str, *options: str) -> ET.Element:
        """Call a remote procedure of Junos whose options have no values."""
        inside = "".join(f"<{option}/>" for option in options)
        return self.call(name, lambda manager: manager.rpc(f"<{name}>{inside}</{name}>"))

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the candidate. Whoever has locked or changed it is named in the error."""
        try:
            self.call("lock", lambda manager: manager.lock("candidate"))
        except Refused as error:
            remedy = "wait until that session ends, or commit or discard its changes, and run again"
            raise FabricError(self.where, f"its candidate cannot be locked: {error.reason}", remedy) from error
        try:
            yield
        except BaseException:
            # The first error is the one to report. The lock ends with the session in any case.
            with contextlib.suppress(FabricError):
                self.call("discard-changes", lambda manager: manager.discard_changes())
            with contextlib.suppress(FabricError):
                self.call("unlock", lambda manager: manager.unlock("candidate"))
            raise
        self.call("unlock", lambda manager: manager.unlock("candidate"))

    def close(self) -> None:
        """Close the connection, if there is one."""
        manager, self._manager = self._manager, None
        if manager is not None:
            with contextlib.suppress(Exception):
                if manager.connected:
                    manager.close_session()

    def _open(self) -> Any:
        if self._manager is not None and self._manager.connected:
            return self._manager
        require_login(self.where, self._connection, ("address", "username"), "ssh", self._refused, _LOGIN)
        try:
            from ncclient import manager
            from ncclient.operations.rpc import RaiseMode
            from ncclient.transport import AuthenticationError, SSHUnknownHostError, TransportError
            from paramiko import SSHException
        except ImportError as error:
            raise FabricError(
                self.where, "the Python library ncclient is missing", "install it where the role runs"
            ) from error
        try:
            self._manager = manager.connect_ssh(
                **self._login(), device_params={"name": "junos"}, errors_params={"raise_mode": RaiseMode.ERRORS}
            )
        except AuthenticationError as error:
            self._refused = True
            raise FabricError(self.where, f"it refused the login ({error})", _LOGIN) from error
        except SSHUnknownHostError as error:
            why = "its host key is not the one that is given or in known_hosts; no credentials were sent"
            raise FabricError(self.where, why, "compare it with the model's ssh.host_key or known_hosts") from error
        except KeyError as error:  # paramiko 5 knows no signatures with SHA-1, which ncclient 0.7 asks for with RSA
            why = f"the library ncclient cannot verify a host key of this kind ({error})"
            raise FabricError(f"{self.where}.ssh.host_key", why, "give the switch's Ed25519 or ECDSA key") from error
        except (TransportError, SSHException, OSError, EOFError) as error:
            raise FabricError(self.where, str(error) or type(error).__name__, _REACH) from error
        return self._manager

    def _login(self) -> dict[str, Any]:
        given, ssh = self._connection, self._connection.get("ssh") or {}
        alone = bool(given.get("password") or ssh.get("key_file"))
        pinned = ssh.get("host_key")
        return {
            "host": str(given["address"]),
            "port": given.get("port") or PORT,
            "username": given["username"],
            "password": given.get("password"),
            "key_filename": ssh.get("key_file"),
            "allow_agent": not alone,
            "look_for_keys": not alone,
            "hostkey_verify": True,
            "hostkey_b64": public_key(self.where, pinned).get_base64() if pinned else None,
            "timeout": CONNECT_SECONDS,
        }


class Refused(FabricError):
    """The switch answered an operation with an error.

    :ivar reason: its text.
    """

    def __init__(self, where: str, message: str, remedy: str, error: Any) -> None:
        super().__init__(where, message, remedy)
        self.reason = reason(error)


def reason(error: Any) -> str:
    """The text of an ``rpc-error``, in one line; of several errors, all."""
    errors = getattr(error, "errors", None) or [error]
    texts = [" ".join(str(item.message or item.tag or item).split()) for item in errors]
    return "; ".join(dict.fromkeys(texts)) or str(error)


_LOGIN = "correct username, password or key of the switch in the model"
_REACH = "check its address, the management network, its host key, and that netconf ssh is enabled on the switch"
