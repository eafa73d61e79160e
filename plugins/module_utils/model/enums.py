# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The enumerations of the model. A member's value is the word in the model file."""

from __future__ import annotations

import enum


class Platform(enum.StrEnum):
    """Operating system of a switch; `unmanaged` is one that people configure by hand."""

    OPENVSWITCH = "openvswitch"
    EOS = "eos"
    NXOS = "nxos"
    JUNOS = "junos"
    SONIC = "sonic"
    NVUE = "nvue"
    UNMANAGED = "unmanaged"


#: Platforms by how their drivers reach a switch.
BY_HTTPS = frozenset({Platform.EOS, Platform.NXOS, Platform.NVUE})
BY_SSH = frozenset({Platform.JUNOS, Platform.SONIC})


class Role(enum.StrEnum):
    """What a machine does in the cloud."""

    CONTROL_PLANE = "control_plane"
    COMPUTE = "compute"
    STORAGE = "storage"


class Firmware(enum.StrEnum):
    """How a machine boots."""

    UEFI = "uefi"
    BIOS = "bios"


class BmcProtocol(enum.StrEnum):
    """Protocol of a management controller (BMC)."""

    REDFISH = "redfish"
    IPMI = "ipmi"


class BondMode(enum.StrEnum):
    """Bonding mode of a machine's NICs."""

    LACP = "802.3ad"
    ACTIVE_BACKUP = "active-backup"
    XOR = "balance-xor"
    TLB = "balance-tlb"
    ALB = "balance-alb"
    NONE = "none"


class HashPolicy(enum.StrEnum):
    """What a bond chooses the outgoing NIC by (Documentation/networking/bonding.rst of Linux, xmit_hash_policy)."""

    LAYER2 = "layer2"
    LAYER23 = "layer2+3"
    LAYER34 = "layer3+4"
    ENCAP23 = "encap2+3"
    ENCAP34 = "encap3+4"


class ApiLoadBalancer(enum.StrEnum):
    """Who forwards connections to the API servers: the control planes themselves, or a load balancer of others."""

    CONTROL_PLANES = "control_planes"
    EXTERNAL = "external"


class NetworkBackend(enum.StrEnum):
    """The program that configures a machine's links."""

    NETWORKD = "networkd"
    NETWORKMANAGER = "networkmanager"


class LacpRate(enum.StrEnum):
    """Interval of LACP packets (LACPDUs): `fast` is one second, `slow` is 30 seconds."""

    FAST = "fast"
    SLOW = "slow"


class LacpMode(enum.StrEnum):
    """How an aggregation is negotiated; `static` is without LACP."""

    ACTIVE = "active"
    PASSIVE = "passive"
    STATIC = "static"


class PortMode(enum.StrEnum):
    """How a switch port carries VLANs."""

    ACCESS = "access"
    TRUNK = "trunk"


class Side(enum.StrEnum):
    """The side of a rack unit, seen from the front, on which a device of half the width stands."""

    LEFT = "left"
    RIGHT = "right"


class DeployVia(enum.StrEnum):
    """A way to start the deploy ramdisk."""

    PXE = "pxe"
    HTTP = "http"
    MEDIA = "media"


class ServiceManager(enum.StrEnum):
    """The service manager of the provisioner's services."""

    SYSTEMD = "systemd"
    PROCESSES = "processes"


class NetworkProvider(enum.StrEnum):
    """The provider of the network of pods and VMs."""

    BASIC = "basic"
    FLANNEL = "flannel"
    KUBE_OVN = "kube_ovn"
    CALICO = "calico"
    CILIUM = "cilium"
    CUSTOM = "custom"


class LoadBalancerProvider(enum.StrEnum):
    """The provider of addresses for services of type LoadBalancer; `cilium` only as a part of that network."""

    METALLB = "metallb"
    CILIUM = "cilium"


class Announcement(enum.StrEnum):
    """How the network learns which node has an address: `layer2` by ARP, `bgp` by routes."""

    LAYER2 = "layer2"
    BGP = "bgp"


class PodAddresses(enum.StrEnum):
    """Who gives nodes their parts of the subnet of pods: the operator of the network, or Kubernetes itself."""

    CLUSTER_POOL = "cluster_pool"
    KUBERNETES = "kubernetes"


class Encryption(enum.StrEnum):
    """What encrypts traffic between pods of different nodes."""

    NONE = "none"
    WIREGUARD = "wireguard"


class AttachmentPlugin(enum.StrEnum):
    """How pods are connected with a network: `macvlan` on the machines' interface, `bridge` by a bridge of its own."""

    MACVLAN = "macvlan"
    BRIDGE = "bridge"
    KUBE_OVN = "kube_ovn"


class AttachmentAddresses(enum.StrEnum):
    """Where addresses of further interfaces come from: `none` are given, or the `pod` names them in its annotation."""

    NONE = "none"
    POD = "pod"


class StorageProvider(enum.StrEnum):
    """The provider of volumes."""

    NONE = "none"
    ROOK_CEPH = "rook_ceph"


class FailureDomain(enum.StrEnum):
    """What may fail at once: a machine, or a rack with all that is in it."""

    HOST = "host"
    RACK = "rack"


class Compression(enum.StrEnum):
    """Whether stored data is compressed: `passive` if its client says so, `aggressive` unless it says otherwise."""

    NONE = "none"
    PASSIVE = "passive"
    AGGRESSIVE = "aggressive"
    FORCE = "force"


class Reclaim(enum.StrEnum):
    """What becomes of data when its claim is removed."""

    DELETE = "delete"
    RETAIN = "retain"


class DiskUse(enum.StrEnum):
    """What a storage disk holds: data, or the metadata of the machine's other disks, which are slower."""

    DATA = "data"
    METADATA = "metadata"


class KubeVirtVersion(enum.StrEnum):
    """Version of KubeVirt."""

    NEWEST = "1.9.0"
    BEFORE = "1.8.4"


class HaProfile(enum.StrEnum):
    """How soon a machine that is lost is fenced."""

    DEFAULT = "default"
    TIGHT = "tight"


class ImageSource(enum.StrEnum):
    """Where an operating system image comes from."""

    BUILD = "build"
    URL = "url"


class BundleSource(enum.StrEnum):
    """Where the artefacts of a release come from."""

    SOURCE = "source"
    UPSTREAM = "upstream"


class ImageProfile(enum.StrEnum):
    """The kind of machine an image is built for; `emulated` is a virtual machine without hardware virtualization."""

    METAL = "metal"
    VIRTUAL = "virtual"
    EMULATED = "emulated"


class Timings(enum.StrEnum):
    """Timeouts of Kubernetes; `slow` is for emulated or overloaded machines."""

    DEFAULT = "default"
    SLOW = "slow"


class ProxyMode(enum.StrEnum):
    """The backend of kube-proxy; `none`: the cluster is without it, and its network does its work."""

    NFTABLES = "nftables"
    IPTABLES = "iptables"
    NONE = "none"


class ControlPlane(enum.StrEnum):
    """Where the control plane of Kubernetes runs."""

    MACHINES = "machines"
    HOSTED = "hosted"


class ContainerRuntime(enum.StrEnum):
    """The low-level runtime under containerd."""

    RUNC = "runc"
    CRUN = "crun"


class TaintEffect(enum.StrEnum):
    """The effect of a taint on pods that don't tolerate it."""

    NO_SCHEDULE = "NoSchedule"
    PREFER_NO_SCHEDULE = "PreferNoSchedule"
    NO_EXECUTE = "NoExecute"
