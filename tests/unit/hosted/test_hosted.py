# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosted control plane: its settings, the programs of images, the services made of manifests, the address."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import pathlib
import shutil
import subprocess
import tarfile
import typing as t

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.errors import BundleError
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.image_storage import Registry
from ansible_collections.groundup.cloud.plugins.module_utils.host.system import System
from ansible_collections.groundup.cloud.plugins.module_utils.hosted import address, control_plane, programs, servers
from ansible_collections.groundup.cloud.plugins.module_utils.hosted.settings import parse
from ansible_collections.groundup.cloud.plugins.module_utils.kube import config, paths
from ansible_collections.groundup.cloud.plugins.module_utils.kube.errors import KubeError

KUBERNETES = {
    "cluster": "toy",
    "version": "1.36.3",
    "endpoint": {"address": "10.30.0.10"},
    "pods": "10.64.0.0/14",
    "services": "10.96.0.0/16",
    "node": {"name": "cluster", "address": "10.30.0.10", "control_plane": True},
    "control_planes": {"cluster": "10.30.0.10"},
    "root": "/var/lib/toy/control_plane/root",
}
CONFIG = {"bundle_dir": "/bundle", "service_manager": "processes"}
MANIFEST = """\
apiVersion: v1
kind: Pod
spec:
  containers:
  - command:
    - {name}
    - --flag=a b
{more}    image: registry.k8s.io/{name}:v1
"""


def archive(files: dict[str, str]) -> bytes:
    """A tar of files, and of links where the text begins with `->`."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.mode = 0o755
            if text.startswith("->"):
                member.type, member.linkname = tarfile.SYMTYPE, text[2:]
                tar.addfile(member)
            else:
                member.size = len(text)
                tar.addfile(member, io.BytesIO(text.encode()))
    return stream.getvalue()


def store(bundle: pathlib.Path, *layers: bytes, index: bool = False) -> str:
    """An image of some layers in the storage of a bundle; its digest."""
    storage = Registry(bundle / "registry")

    def put(data: bytes) -> str:
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        storage.put_blob("toy", digest, data)
        return digest

    manifest = put(json.dumps({"layers": [{"digest": put(data)} for data in layers]}).encode())
    if not index:
        return manifest
    others = [{"digest": f"sha256:{'0' * 64}"}, {"digest": manifest}]
    return put(json.dumps({"manifests": others}).encode())


def zstd(data: bytes) -> bytes:
    if not shutil.which("zstd"):
        pytest.skip("the program zstd is not installed")
    return subprocess.run(["zstd", "-c"], input=data, capture_output=True, check=True).stdout


def test_settings_come_from_both_variables() -> None:
    hosted = parse(CONFIG, KUBERNETES)
    assert hosted.kubernetes.hosted and hosted.kubernetes.api_port == 8443
    assert hosted.path("run") == "/var/lib/toy/control_plane/run"


@pytest.mark.parametrize(
    ("config", "kubernetes", "text"),
    [
        (CONFIG, {"root": "/"}, "kubernetes_config.root: is /"),
        (CONFIG, {"root": "here"}, "is not an absolute path"),
        ({}, {}, "bundle_dir: give the directory"),
        (CONFIG, {"version": "1.36"}, "isn't like 1.36.3"),
    ],
)
def test_wrong_settings_are_named(config: dict[str, t.Any], kubernetes: dict[str, t.Any], text: str) -> None:
    with pytest.raises(KubeError, match=text):
        parse(config, KUBERNETES | kubernetes)


@pytest.mark.parametrize("packed", [lambda data: data, gzip.compress, zstd], ids=["plain", "gzip", "zstd"])
@pytest.mark.parametrize("index", [False, True], ids=["manifest", "index"])
def test_programs_are_unpacked_and_nothing_else(
    tmp_path: pathlib.Path, packed: t.Callable[[bytes], bytes], index: bool
) -> None:
    base = archive({"etc/passwd": "root", "usr/local/bin/kubernetes": "old"})
    top = archive({"./usr/local/bin/kubernetes": "new", "usr/local/bin/kube-apiserver": "->kubernetes"})
    digest = store(tmp_path / "bundle", packed(base), packed(top), index=index)
    programs.unpack(tmp_path / "bundle", digest, tmp_path / "root")
    found = tmp_path / "root/usr/local/bin"
    assert (found / "kube-apiserver").read_text() == "new" and (found / "kubernetes").stat().st_mode & 0o777 == 0o755
    assert sorted(path.name for path in found.iterdir()) == ["kube-apiserver", "kubernetes"]
    assert not (tmp_path / "root/etc").exists()


def test_a_damaged_layer_is_named(tmp_path: pathlib.Path) -> None:
    whole = zstd(archive({"usr/local/bin/kubernetes": "new" * 100_000}))
    digest = store(tmp_path / "bundle", whole[: len(whole) // 2])
    with pytest.raises(BundleError, match=r"zstd could not decompress .* \(status 1\): "):
        programs.unpack(tmp_path / "bundle", digest, tmp_path / "root")


def test_a_program_does_not_leave_the_root(tmp_path: pathlib.Path) -> None:
    digest = store(tmp_path / "bundle", archive({"../usr/local/bin/x": "x", "usr/local/bin/../../../../y": "y"}))
    programs.unpack(tmp_path / "bundle", digest, tmp_path / "a/root")
    assert not list((tmp_path / "a").rglob("*"))


def test_an_image_that_the_bundle_lacks_is_named() -> None:
    with pytest.raises(KubeError, match=r"lacks registry\.k8s\.io/etcd:1; make a bundle"):
        programs.digests(pathlib.Path("/bundle"), {"images": {}}, ["registry.k8s.io/etcd:1"])


def manifests(root: pathlib.Path, port: int = 8443) -> None:
    directory = root / "etc/kubernetes/manifests"
    directory.mkdir(parents=True)
    for name in servers.SERVERS:
        more = f"    - --secure-port={port}\n" if name == "kube-apiserver" else ""
        (directory / f"{name}.yaml").write_text(MANIFEST.format(name=name, more=more))


def test_services_have_the_command_lines_of_the_manifests(tmp_path: pathlib.Path) -> None:
    manifests(tmp_path / "root")
    hosted = parse(CONFIG, KUBERNETES | {"root": str(tmp_path / "root")})
    images = {f"registry.k8s.io/{name}:v1": "sha256:1" for name in servers.SERVERS}
    found = servers.services(hosted, images)
    assert [service.name for service in found] == list(servers.SERVERS)
    assert found[0].argv == ("chroot", str(tmp_path / "root"), "etcd", "--flag=a b")
    assert [service.ready for service in found] == ["tcp:2379", "tcp:8443", "tcp:10257", "tcp:10259"]
    other = servers.services(hosted, images | {"registry.k8s.io/etcd:v1": "sha256:2"})
    assert [a.digest() == b.digest() for a, b in zip(found, other, strict=True)] == [False, True, True, True]


def test_a_broken_manifest_is_named(tmp_path: pathlib.Path) -> None:
    manifests(tmp_path)
    (tmp_path / "etc/kubernetes/manifests/etcd.yaml").write_text("spec: {}\n")
    with pytest.raises(KubeError, match=r"etcd.yaml: is not the manifest of a static pod"):
        servers.pod(tmp_path, "etcd")


class FakeHost(System):
    """A host whose `ip` shows two interfaces."""

    def run(self, argv: t.Sequence[str], **_kwargs: t.Any) -> str:
        assert list(argv) == ["ip", "-json", "address", "show"]
        lo = {"ifname": "lo", "addr_info": [{"local": "127.0.0.1", "prefixlen": 8}]}
        cluster = {"ifname": "cluster", "addr_info": [{"local": "10.30.0.1", "prefixlen": 24}]}
        return json.dumps([lo, cluster])


def test_the_interface_is_the_one_in_the_network_of_the_endpoint() -> None:
    assert address.interface(FakeHost(), "10.30.0.10") == ("cluster", False)
    assert address.interface(FakeHost(), "10.30.0.1") == ("cluster", True)
    with pytest.raises(KubeError, match=r"no interface in the network of 10.31.0.10"):
        address.interface(FakeHost(), "10.31.0.10")


def test_the_configuration_of_kubeadm_names_the_endpoint_itself() -> None:
    hosted = parse(CONFIG, KUBERNETES)
    init, cluster = config.init(hosted.kubernetes, "t"), config.cluster_configuration(hosted.kubernetes)
    assert init["localAPIEndpoint"] == {"advertiseAddress": "10.30.0.10", "bindPort": 8443}
    assert {"name": "enable-aggregator-routing", "value": "true"} in cluster["apiServer"]["extraArgs"]


def test_a_bundle_without_etcd_is_refused(tmp_path: pathlib.Path) -> None:
    entry = {"path": "x", "size": 1, "sha256": "0"}
    index = {"lock": "1", "source": "source", "files": {"kubernetes": entry}, "images": {"other:1": {"digest": "x"}}}
    (tmp_path / "bundle.json").write_text(json.dumps(index))
    with pytest.raises(KubeError, match=r"lacks registry.k8s.io/etcd"):
        control_plane.Images(parse(CONFIG | {"bundle_dir": str(tmp_path)}, KUBERNETES))


class Bundle:
    """A bundle whose images are unpacked and whose kubeadm is installed."""

    digests: t.ClassVar = {f"registry.k8s.io/{name}:v1": "sha256:1" for name in servers.SERVERS}

    def __init__(self, _hosted: t.Any) -> None:
        pass

    def kubeadm(self) -> tuple[pathlib.Path, str]:
        return pathlib.Path("/bundle/kubeadm"), hashlib.sha256(b"kubeadm").hexdigest()

    def lacking(self) -> list[str]:
        return []


class Running:
    """A manager of services, of which those in ``digests`` run."""

    def __init__(self, digests: dict[str, str]) -> None:
        self.digests = digests

    def current(self, _names: t.Any) -> dict[str, str]:
        return self.digests

    def start(self, service: t.Any) -> None:
        self.digests[service.name] = service.digest()

    def stop(self, service: t.Any) -> None:
        del self.digests[service.name]


@pytest.fixture
def living(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> t.Any:
    """(hosted, manager, system) of a hosted control plane that runs as it should."""
    monkeypatch.setattr(control_plane, "Images", Bundle)
    monkeypatch.setattr(control_plane.address, "interface", lambda *_words: ("cluster", True))
    monkeypatch.setattr(control_plane.files, "require", lambda *_words, **_more: False)
    monkeypatch.setattr(control_plane.certificates, "due", lambda *_words: {})
    monkeypatch.setattr(control_plane.api_names, "pending", lambda *_words: "")
    hosted = parse(CONFIG, KUBERNETES | {"root": str(tmp_path / "root")})
    system = System(hosted.root)
    manifests(tmp_path / "root")
    system.write(paths.KUBEADM, b"kubeadm", mode=0o755)
    for path, text in control_plane.phases.documents(hosted.kubernetes).items():
        system.write(path, text.encode(), mode=0o600)
    for name in servers.SERVERS:
        system.path(f"{paths.MANIFESTS}/{name}.yaml").chmod(0o600)
    system.write(paths.ADMIN_CONF, b"    server: https://10.30.0.10:8443\n", mode=0o600)
    control_plane.job.note(system, "init", done=True)
    control_plane.control_plane.record_manifests(system)
    found = {service.name: service.digest() for service in servers.services(hosted, Bundle.digests)}
    return hosted, Running(found), system


def texts(living: t.Any) -> list[str]:
    return [str(step) for step in control_plane.plan(*living).steps]


def test_a_hosted_control_plane_that_is_as_wanted_has_no_step(living: t.Any) -> None:
    assert texts(living) == []


@pytest.mark.parametrize("name", [paths.ADMIN_CONF, f"{paths.MANIFESTS}/etcd.yaml", paths.AUDIT_POLICY])
def test_a_credential_that_others_may_read_is_mended(living: t.Any, name: str) -> None:
    system = living[2]
    system.path(name).chmod(0o644)
    assert texts(living) == [f"access {name}"]
    control_plane.plan(*living).apply()
    assert system.path(name).stat().st_mode & 0o777 == 0o600 and texts(living) == []


def test_certificates_that_end_soon_are_renewed_and_the_servers_take_them(
    living: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    system, ran = living[2], []
    monkeypatch.setattr(control_plane.certificates, "due", lambda *_words: {"pki/apiserver.crt": 20})
    monkeypatch.setattr(control_plane, "await_api", lambda *_words: None)

    def renew(_settings: t.Any, where: System, _names: t.Any) -> None:
        ran.append("renew")
        where.write("/etc/kubernetes/pki/apiserver.crt", b"new")

    monkeypatch.setattr(control_plane.renewal, "write", renew)
    before = dict(living[1].digests)
    assert texts(living) == ["renew certificates by kubeadm", "restart the servers whose configuration changes"]
    control_plane.plan(*living).apply()
    assert ran == ["renew"]
    assert all(living[1].digests[name] != before[name] for name in servers.SERVERS), "each was started again"
    monkeypatch.setattr(control_plane.certificates, "due", lambda *_words: {})
    assert texts(living) == []
    system.write("/etc/kubernetes/pki/apiserver.crt", b"by a run that was killed before it started the servers")
    assert texts(living) == ["start etcd, kube-apiserver, kube-controller-manager, kube-scheduler"]


def test_other_names_of_the_api_make_another_certificate_and_its_server_takes_it(
    living: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    system, wanted = living[2], ["lacks k8s.example.net"]
    monkeypatch.setattr(control_plane.api_names, "pending", lambda *_words: "".join(wanted))
    monkeypatch.setattr(control_plane, "await_api", lambda *_words: None)
    monkeypatch.setattr(control_plane, "_objects", lambda *_words: None)

    def remake(_settings: t.Any, where: System) -> None:
        wanted.clear()
        where.write(paths.API_CERTIFICATE, b"{}")
        where.write("/etc/kubernetes/pki/apiserver.crt", b"with other names")

    monkeypatch.setattr(control_plane.api_certificate, "remake", remake)
    before = dict(living[1].digests)
    made, restart, objects = control_plane.plan(*living).steps
    assert (str(made), made.before) == ("certificate of the API with other names", "lacks k8s.example.net\n")
    assert str(restart) == "restart the servers whose configuration changes" and "API" in str(objects)
    control_plane.plan(*living).apply()
    assert living[1].digests["kube-apiserver"] != before["kube-apiserver"]
    assert texts(living) == [] and not system.path(paths.API_CERTIFICATE).exists()


def test_another_audit_policy_starts_the_api_server_again(living: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control_plane.phases.policy, "audit", lambda: {"rules": []})
    found = {service.name: service.digest() for service in servers.services(living[0], Bundle.digests)}
    assert [name for name in servers.SERVERS if found[name] != living[1].digests[name]] == ["kube-apiserver"]


def test_a_hosted_control_plane_keeps_its_version(living: t.Any) -> None:
    hosted, hand, system = living
    other = parse(CONFIG, KUBERNETES | {"root": hosted.root, "version": "1.37.0"})
    with pytest.raises(KubeError, match=r"cluster runs the configuration of kubeadm 1\.36\.3, .*has no upgrade yet"):
        control_plane.plan(other, hand, system)
