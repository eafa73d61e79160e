# SPDX-License-Identifier: GPL-3.0-or-later
"""Configuration of the daemons, recipes, the ramdisk's archive, downloads, and detection of other DHCP servers."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import socket
import struct
import subprocess
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.host.state import Directory, File, HostError
from ansible_collections.groundup.cloud.plugins.module_utils.provision import (
    build,
    dhcp_probe,
    fetch,
    files,
    manifest,
    provisioner,
    ramdisk,
    rootfs,
    supervise,
)
from ansible_collections.groundup.cloud.plugins.module_utils.provision.listening import listens
from ansible_collections.groundup.cloud.plugins.module_utils.provision.recipe import RecipeError, recipe
from ansible_collections.groundup.cloud.plugins.module_utils.provision.services import dnsmasq, services
from ansible_collections.groundup.cloud.plugins.module_utils.provision.settings import (
    ProvisionerError,
    Settings,
    settings_from,
)
from ansible_collections.groundup.cloud.plugins.module_utils.provision.steps import Plan


def settings(**more: Any) -> Settings:
    base: dict[str, Any] = {
        "cloud": "rack",
        "state_dir": "/var/lib/groundup/rack",
        "interface": "prov0",
        "address": "10.10.0.1",
        "subnet": "10.10.0.0/24",
        "bundle_dir": "/srv/bundle",
        "machines": ({"name": "node1", "macs": ["52:54:00:00:01:AA", "52:54:00:00:01:02"], "address": "10.10.0.21"},),
    }
    return Settings(**{**base, **more})


@pytest.mark.parametrize(
    ("network", "words"),
    [
        ({"address": "10.10.0.1"}, "provisioner.network: "),
        ({"address": "provisioner", "subnet": "10.10.0.0/24"}, "'provisioner' does not appear to be"),
        ({"address": "10.10.0.1", "subnet": "10.10.0.1/24"}, "has host bits set"),
        ({"address": "10.11.0.1", "subnet": "10.10.0.0/24"}, "10.11.0.1 is outside of 10.10.0.0/24"),
    ],
)
def test_a_wrong_network_is_reported(network: dict[str, str], words: str) -> None:
    with pytest.raises(ProvisionerError, match=words):
        settings_from({"state_dir": "/x", "bundle_dir": "/y", "network": network})


def test_a_machine_has_one_reservation_for_all_its_macs() -> None:
    conf, hosts = dnsmasq(settings()).files
    assert hosts.content == "52:54:00:00:01:aa,52:54:00:00:01:02,10.10.0.21,node1\n"
    lines = conf.content.splitlines()
    for line in ("interface=prov0", "bind-interfaces", "dhcp-ignore=tag:!known", "dhcp-ignore-clid", "leasefile-ro"):
        assert line in lines
    assert "dhcp-range=10.10.0.0,static,255.255.255.0,1h" in lines and "enable-ra" not in lines


def test_where_no_machine_boots_there_is_no_dhcp() -> None:
    """The network may be somebody else's, with a DHCP server; names are answered all the same."""
    own = settings(machines=(), ipv6=True, domain="rack.example.net", names={"vm1.rack.example.net": "10.10.0.31"})
    service = dnsmasq(own)
    text = service.files[0].content
    assert "dhcp" not in text and "tftp" not in text and "enable-ra" not in text
    assert "host-record=vm1.rack.example.net,10.10.0.31" in text.splitlines()
    assert (service.ready, service.before, service.after) == ("udp:53", (), ())
    assert dnsmasq(settings(ipv6=True)).before and dnsmasq(settings()).ready == "udp:67"


def test_where_no_machine_boots_nothing_is_made_for_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither ramdisk nor boot loaders, and nobody searches for other DHCP servers."""

    class Manager:
        def current(self, _names: Any) -> dict[str, str]:
            return {}

        def start(self, _service: Any) -> None: ...

    monkeypatch.setattr(provisioner.dhcp_probe, "servers", lambda *_args, **_more: pytest.fail("a search"))
    monkeypatch.setattr(provisioner.releases, "require", lambda *_args: None)
    monkeypatch.setattr(provisioner.releases, "tidy", lambda *_args: None)
    own = settings(machines=(), state_dir=str(tmp_path))
    steps = [str(step) for step in provisioner.plan({}, own, Manager(), str(tmp_path / "cache")).steps]  # type: ignore[arg-type]
    assert not [step for step in steps if "ramdisk" in step or "tftp/" in step or "ipxe" in step]
    assert "start dnsmasq" in steps and "start registry" in steps


def test_dns_answers_names_of_the_cloud_and_forwards_others() -> None:
    lines = dnsmasq(settings(domain="rack.example.net", dns_servers=("192.0.2.53",))).files[0].content.splitlines()
    assert "host-record=node1.rack.example.net,10.10.0.21" in lines
    assert "local=/rack.example.net/" in lines
    assert "server=192.0.2.53" in lines
    assert "no-resolv" in lines


def test_a_machine_that_is_named_by_its_fqdn_has_one_name() -> None:
    node = {"name": "node1.hall2.example.org", "fqdn": "node1.hall2.example.org", "macs": ["52:54:00:00:01:aa"]}
    machines = ({**node, "address": "10.10.0.21"},)
    conf, hosts = dnsmasq(settings(domain="rack.example.net", machines=machines)).files
    assert "host-record=node1.hall2.example.org,10.10.0.21" in conf.content.splitlines()
    assert hosts.content == "52:54:00:00:01:aa,10.10.0.21,node1\n", "dnsmasq compares a domain with its own"


def test_router_advertisements_need_ipv6() -> None:
    service = dnsmasq(settings(ipv6=True))
    assert "enable-ra" in service.files[0].content and service.before and service.after


def test_services_listen_in_the_provision_network_only() -> None:
    for service in services(settings()):
        text = "".join(file.content for file in service.files if not file.path.endswith(".py"))
        assert "10.10.0.1" in text and "0.0.0.0" not in text


@pytest.mark.parametrize("change", [{"machines": ()}, {"address": "10.10.0.2"}, {"http_port": 81}])
def test_a_change_restarts_the_affected_service_only(change: dict[str, Any]) -> None:
    old = {service.name: service.digest() for service in services(settings())}
    new = {service.name: service.digest() for service in services(settings(**change))}
    different = {name for name in old if old[name] != new[name]}
    assert "dnsmasq" in different and ("registry" in different) is ("address" in change)


def test_a_recipes_key_depends_on_its_content() -> None:
    plain = recipe("debian-13")
    assert plain.key() == recipe("debian-13", {"source": "build", "profile": "metal"}).key()
    assert (
        plain.key()
        != recipe("debian-13", {"profile": "virtual"}).key()
        != recipe("debian-13", {"packages": ["vim"]}).key()
    )


@pytest.mark.parametrize(
    ("name", "spec", "words"),
    [
        ("debian-99", {}, "can only build"),
        ("debian-13", {"profile": "fast"}, "none of"),
        ("debian-13", {"profle": "metal"}, "unknown keys.*profle"),
    ],
)
def test_a_wrong_recipe_is_refused(name: str, spec: dict[str, Any], words: str) -> None:
    with pytest.raises(RecipeError, match=words):
        recipe(name, spec)


@pytest.mark.parametrize("profile", ["metal", "emulated"])
def test_build_scripts_are_valid_shell(profile: str, tmp_path: Path) -> None:
    wanted = recipe("debian-13", {"profile": profile})
    for script in (rootfs.early_script(wanted), rootfs.late_script(wanted, str(tmp_path))):
        subprocess.run(["sh", "-n"], input=script, text=True, check=True)
    assert f"root=LABEL=root ro {wanted.cmdline}" in rootfs.late_script(wanted, "/x")
    assert ("TimerSlackNSec=10ms" in rootfs.late_script(wanted, "/x")) == (profile == "emulated")


def test_the_agents_archive_can_be_unpacked(tmp_path: Path) -> None:
    data = ramdisk.combine(b"12345")
    assert data[5:8] == bytes(3) and len(data) % 4 == 0
    subprocess.run(
        ["busybox", "cpio", "-idm"], input=ramdisk.agent_archive(), cwd=tmp_path, check=True, capture_output=True
    )
    assert (tmp_path / "etc/udhcpc/groundup").stat().st_mode & 0o111
    command = "import sys; sys.path.insert(0, 'usr/lib/groundup')\n"
    command += "from module_utils.provision.agent import main; print(main.__name__)"
    done = subprocess.run(
        ["python3", "-I", "-S", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "module_utils.provision.agent.main\n"


def test_the_agent_imports_only_modules_of_the_ramdisk(tmp_path: Path) -> None:
    subprocess.run(
        ["busybox", "cpio", "-idm"], input=ramdisk.agent_archive(), cwd=tmp_path, check=True, capture_output=True
    )
    command = (
        "import sys; sys.path.insert(0, 'usr/lib/groundup'); before = set(sys.modules)\n"
        f"for name in {ramdisk.STDLIB!r}: __import__(name)\n"
        "have = set(sys.modules); from module_utils.provision.agent import main\n"
        "print([n for n in set(sys.modules) - have if not n.startswith('module_utils')])"
    )
    done = subprocess.run(
        ["python3", "-I", "-S", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


class Ranges(SimpleHTTPRequestHandler):
    """Answers `Range: bytes=N-`, and closes the connection in the middle of the first answer."""

    broken = False

    def do_GET(self) -> None:
        data = Path(self.translate_path(self.path)).read_bytes()
        start = int((self.headers["Range"] or "bytes=0-")[6:].split("-")[0])
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        part = data[start:]
        if not Ranges.broken:
            Ranges.broken, part = True, part[: len(part) // 2]
        self.wfile.write(part)

    def log_message(self, *_args: Any) -> None:
        pass


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "www").mkdir()
    (tmp_path / "www/os.raw").write_bytes(os.urandom(3_000_000))
    handler = functools.partial(Ranges, directory=str(tmp_path / "www"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/os.raw"
    server.shutdown()
    server.server_close()


def test_an_interrupted_download_is_resumed_and_verified(site: str, tmp_path: Path) -> None:
    digest = hashlib.sha256((tmp_path / "www/os.raw").read_bytes()).hexdigest()
    Ranges.broken = False
    place = fetch.image("custom", site, digest, str(tmp_path / "cache"), sleep=lambda seconds: None)
    assert json.loads(Path(place, "manifest.json").read_text())["sha256"] == digest
    assert build.publish("custom", place, str(tmp_path / "images"))
    assert not build.publish("custom", place, str(tmp_path / "images"))


def test_an_image_with_another_digest_is_deleted_and_reported(site: str, tmp_path: Path) -> None:
    with pytest.raises(fetch.FetchError, match="the model says 00"):
        fetch.image("custom", site, "0" * 64, str(tmp_path / "cache"), sleep=lambda seconds: None)
    assert not list((tmp_path / "cache").rglob("os.raw"))


def test_too_little_space_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(build.BuildError, match=r"MiB free, .* needed to publish"):
        build.require_space(str(tmp_path), 1 << 40, "publish the image")


def test_chunks_cover_the_image(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"a" * 40)
    found = manifest.digest(str(path), chunk=16)
    assert (found["size"], len(found["chunks"])) == (40, 3)
    assert found["chunks"][2] == hashlib.sha256(b"a" * 8).hexdigest()


def answer(transaction: bytes, options: bytes = b"\x35\x01\x02\x36\x04\x0a\x0a\x00\x42\xff") -> bytes:
    payload = b"\x02\x01\x06\0" + transaction + bytes(228) + b"\x63\x82\x53\x63" + options
    udp = struct.pack("!HHHH", 67, 68, 8 + len(payload), 0) + payload
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, b"\x0a\x0a\x00\x43", b"\xff" * 4)
    return bytes(12) + b"\x08\x00" + head + udp


@pytest.mark.parametrize(
    ("frame", "server"),
    [
        (answer(b"abcd"), "10.10.0.66"),
        (answer(b"abcd", b"\x35\x01\x02\xff"), "10.10.0.67"),
        (answer(b"xxxx"), None),
        (dhcp_probe.discover(b"\x02abcde", b"abcd"), None),
        (b"", None),
    ],
)
def test_only_offers_to_the_request_are_accepted(frame: bytes, server: str | None) -> None:
    assert dhcp_probe.offer(frame, b"abcd") == server


def test_a_service_without_a_pidfile_is_stopped(tmp_path: Path) -> None:
    """With a full disk no pidfile can be written; without it the service could neither be stopped nor identified."""
    spec = {"name": "x", "argv": ["sleep", "600"], "before": [], "log": str(tmp_path / "log"), "digest": "d"}
    found = supervise.Supervisor({**spec, "pidfile": str(tmp_path / "missing/x.json")})
    assert "could not be started" in found._once()
    assert found.child and found.child.returncode == -9
    found = supervise.Supervisor({**spec, "argv": ["/nonexistent/program"], "pidfile": str(tmp_path / "x.json")})
    assert "/nonexistent/program" in found._once()


def test_a_socket_of_another_process_does_not_count_as_listening(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        path = str(tmp_path / "socket")
        with socket.socket(socket.AF_UNIX) as unix:
            unix.bind(path)
            unix.listen()
            places = [f"tcp:{tcp.getsockname()[1]}", f"udp:{udp.getsockname()[1]}", f"unix:{path}"]
            child = subprocess.Popen(["sleep", "600"])
            try:
                assert [listens(os.getpid(), place) for place in places] == [True] * 3
                assert [listens(child.pid, place) for place in places] == [False] * 3
            finally:
                child.kill()
                child.wait()
            assert not listens(child.pid, places[0])
    assert not listens(os.getpid(), places[0])


@pytest.mark.parametrize("cut", range(0, 330, 7))
def test_a_truncated_frame_is_ignored(cut: int) -> None:
    """Any frame may arrive while the probe waits for answers; none may raise an exception."""
    whole = answer(b"abcd")
    assert dhcp_probe.offer(whole[:cut], b"abcd") in (None, "10.10.0.66", "10.10.0.67")
    assert dhcp_probe.offer(whole[:14] + b"\x4f" + whole[15:cut], b"abcd") is None


def test_a_process_is_identified_by_its_start_time() -> None:
    assert supervise.started(os.getpid()) > 0
    child = subprocess.Popen(["true"])
    while supervise.started(child.pid):
        pass  # a zombie counts as ended
    child.wait()


@pytest.mark.skipif(os.geteuid() != 0, reason="what stands there has to belong to root")
def test_files_and_directories_are_made_once_and_mended(tmp_path: Path) -> None:
    conf, place = File(str(tmp_path / "d/x.conf"), "new\n"), Directory(str(tmp_path / "d"), 0o700)
    plan = Plan()
    assert files.require(plan, [conf], [place])
    assert [str(step) for step in plan.steps] == [f"directory {tmp_path}/d", f"file {tmp_path}/d/x.conf"]
    plan.apply()
    assert (tmp_path / "d/x.conf").read_text() == "new\n" and (tmp_path / "d").stat().st_mode & 0o777 == 0o700
    plan = Plan()
    assert not files.require(plan, [conf], [place]) and not plan.changed
    (tmp_path / "d/x.conf").write_text("by hand\n")
    assert files.require(plan, [conf], [place])
    sides = [(item["before"].splitlines()[-1], item["after"].splitlines()[-1]) for item in plan.diff()]
    assert sides == [("by hand", "new")]


def test_a_directory_in_the_place_of_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "x.conf").mkdir()
    plan = Plan()
    files.require(plan, [File(str(tmp_path / "x.conf"), "new\n")])
    with pytest.raises(HostError, match="is a directory where a file is wanted"):
        plan.apply()
