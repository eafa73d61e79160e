# SPDX-License-Identifier: GPL-3.0-or-later
"""No password in the result of any module: not in its invocation, in syslog or in an error about its arguments."""

from __future__ import annotations

import copy
import json
import pathlib
import re
import runpy
from collections.abc import Iterator
from typing import Any

import pytest
from ansible.module_utils import basic
from ansible.module_utils.testing import patch_module_args
from ansible_collections.groundup.cloud.plugins.module_utils.layers.catalog import ASSESS
from ansible_collections.groundup.cloud.plugins.module_utils.shell import meant, possible_secrets

ROOT = pathlib.Path(__file__).resolve().parents[3]
MODULES = sorted(path.stem for path in (ROOT / "plugins/modules").glob("*.py") if path.stem != "__init__")
SECRET = "Corr3ct-Horse"
#: Names of options that may hold a secret; each of them has to say whether it does.
TELLING = re.compile(r"(?i)passw|secret|token|passphrase|_key$|^encryption$|credential")
#: What an option gets that needs a value which its type does not give away.
VALUES: dict[str, Any] = {
    "address": "127.0.0.1",
    "mac": "52:54:00:00:00:01",
    "macs": ["52:54:00:00:00:01"],
    "version": "1.36.3",
    "id": 10,
    "mtu": 1500,
    "timeout": 1,
    "pods": "10.64.0.0/14",
    "services": "10.96.0.0/16",
}
Option = dict[str, Any]


class Asked(Exception):
    """A module asked for its arguments; its options are known."""


def options_of(name: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Option]:
    """The options that a module gives to AnsibleModule."""

    def stop(_self: Any, argument_spec: dict[str, Option], **_more: Any) -> None:
        raise Asked(argument_spec)

    with monkeypatch.context() as patch:
        patch.setattr(basic.AnsibleModule, "__init__", stop)
        with pytest.raises(Asked) as asked:
            execute(name)
    found: dict[str, Option] = asked.value.args[0]
    return found


def execute(name: str) -> None:
    runpy.run_module(f"ansible_collections.groundup.cloud.plugins.modules.{name}", run_name="__main__", alter_sys=True)


def walk(options: dict[str, Option], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Option]]:
    for name, option in options.items():
        yield (*path, name), option
        yield from walk(option.get("options") or {}, (*path, name))


def secrets(options: dict[str, Option]) -> list[tuple[str, ...]]:
    return [path for path, option in walk(options) if option.get("no_log")]


def value_of(name: str, option: Option) -> Any:
    """A value that the option accepts; secrets where they belong."""
    if option.get("no_log"):
        return SECRET
    kind = option.get("type", "str")
    if kind in ("dict", "list") and option.get("options"):
        inner = valid(option["options"])
        return [inner] if kind == "list" else inner
    if "choices" in option:
        return option["choices"][0]
    plain = {"dict": {}, "list": [], "int": 1, "float": 1.0, "bool": False, "path": "/nowhere"}
    return VALUES.get(name, plain.get(kind, "word"))


def valid(options: dict[str, Option]) -> dict[str, Any]:
    """Arguments with what is required, and with whatever leads to a secret."""
    return {
        name: value_of(name, option)
        for name, option in options.items()
        if option.get("required") or option.get("no_log") or secrets(option.get("options") or {})
    }


def holder(arguments: Any, path: tuple[str, ...]) -> tuple[Any, str]:
    """The dictionary in which an option stands, and its key."""
    for name in path[:-1]:
        arguments = arguments[name]
        arguments = arguments[0] if isinstance(arguments, list) else arguments
    return arguments, path[-1]


def misspelled(arguments: dict[str, Any], path: tuple[str, ...]) -> None:
    where, key = holder(arguments, path)
    where[key[:-1]] = where.pop(key)


def beside_a_mistake(arguments: dict[str, Any], path: tuple[str, ...]) -> None:
    where, __ = holder(arguments, path)
    where["colour"] = "red"


def of_a_wrong_type(arguments: dict[str, Any], path: tuple[str, ...]) -> None:
    where, key = holder(arguments, path[:-1]) if len(path) > 1 else (arguments, path[0])
    where[key] = [SECRET]


def as_text(arguments: dict[str, Any], path: tuple[str, ...]) -> None:
    where, key = holder(arguments, path[:-1]) if len(path) > 1 else (arguments, path[0])
    where[key] = f"password:{SECRET}"


def in_a_misspelled_parent(arguments: dict[str, Any], path: tuple[str, ...]) -> None:
    misspelled(arguments, path[:-1] if len(path) > 1 else path)


MISTAKES = [None, misspelled, beside_a_mistake, of_a_wrong_type, as_text, in_a_misspelled_parent]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.__name__ if mistake else "as it should be")
@pytest.mark.parametrize("name", MODULES)
def test_no_module_shows_a_secret(
    name: str, mistake: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path
) -> None:
    options = options_of(name, monkeypatch)
    paths = secrets(options)
    logged: list[str] = []
    monkeypatch.setattr(basic.syslog, "syslog", lambda *words: logged.append(str(words)))
    monkeypatch.setattr(basic, "has_journal", False)
    monkeypatch.setattr("time.sleep", lambda _seconds: None)  # no management controller answers at the second try
    monkeypatch.chdir(tmp_path)
    for path in paths:
        arguments = copy.deepcopy(valid(options))
        if mistake:
            mistake(arguments, path)
        with patch_module_args({**arguments, "_ansible_check_mode": True}), pytest.raises(SystemExit):
            execute(name)
        output = "".join(capsys.readouterr())
        result = json.loads(output)
        assert SECRET not in output, f"{name}: {'.'.join(path)} is in its result"
        assert "invocation" in result or mistake is None
        assert not [line for line in logged if SECRET in line], f"{name}: {'.'.join(path)} is in syslog"


def test_modules_that_take_a_secret_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were the search for them broken, the test above would hold for nothing."""
    found = {name for name in MODULES if secrets(options_of(name, monkeypatch))}
    assert found >= {
        "bmc_boot",
        "bmc_info",
        "bmc_power",
        "machine_deploy",
        "prove_bmc",
        "switch_config",
        "prove_switch",
    }
    assert found >= {"container_runtime", "host_probe"}
    assert found >= {"kubernetes_join", "kubernetes_join_credentials"}


@pytest.mark.parametrize("name", MODULES)
def test_an_option_whose_name_sounds_secret_says_whether_it_is(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    unclear = [
        ".".join(path)
        for path, option in walk(options_of(name, monkeypatch))
        if TELLING.search(path[-1]) and option.get("type", "str") != "bool" and "no_log" not in option
    ]
    assert not unclear, f"{name}: give these options no_log, true or false: {unclear}"


def test_an_untyped_input_has_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """host_probe takes inputs of roles without their types, so Ansible could not hide a secret in them.

    What is secret is a variable of its own, and an option of host_probe as it is one of the layer's module.
    """
    hidden = secrets(options_of("host_probe", monkeypatch))
    for role in ASSESS:
        options = options_of(role if role != "kubernetes" else "kubernetes_prepare", monkeypatch)
        assert not [path for path in secrets(options) if path[0] == "config"], f"{role}: its input has a secret"
        assert set(secrets(options)) <= set(hidden), f"{role}: declare its secret as an option of host_probe"


SPEC = {
    "name": {"type": "str"},
    "connection": {"type": "dict", "options": {"user": {"type": "str"}, "password": {"type": "str", "no_log": True}}},
    "ports": {"type": "list", "elements": "dict", "options": {"name": {"type": "str"}, "mode": {"type": "str"}}},
}


@pytest.mark.parametrize(
    ("given", "hidden"),
    [
        ({"name": "leaf1", "connection": {"user": "root", "password": "a"}}, {"a"}),
        ({"name": "leaf1", "connection": {"user": "root", "pasword": "a"}}, {"a"}),
        ({"name": "leaf1", "conection": {"password": ["a", 1]}}, {"a", "1"}),
        ({"connection": ["a"]}, {"a"}),
        ({"connection": "a"}, {"a"}),
        ({"_ansible_x": "a", "ports": [{"nmae": "b"}], "connection": None}, set()),
        (None, set()),
    ],
)
def test_what_may_be_secret(given: Any, hidden: set[str]) -> None:
    assert possible_secrets(SPEC, given) == hidden


def test_what_was_meant() -> None:
    given = {"nam": "leaf1", "ports": [{"nmae": "a", "zzz": "b"}, "c"], "connection": {"pasword": "x"}, "_ansible_x": 1}
    assert meant(SPEC, given) == [
        "nam: did you mean name?",
        "ports.nmae: did you mean name?",
        "connection.pasword: did you mean password?",
    ]
    assert meant(SPEC, {"qqqq": 1}) == meant(SPEC, None) == []


def test_a_refused_argument_is_asked_about(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = {"config": {"name": "leaf1", "platform": "openvswitch", "connection": {}, "confirm": {"peer": ["a"]}}}
    with patch_module_args(arguments), pytest.raises(SystemExit):
        execute("switch_config")
    message = json.loads(capsys.readouterr().out)["msg"]
    assert "config.confirm.peer" in message and message.endswith("config.confirm.peer: did you mean peers?")
