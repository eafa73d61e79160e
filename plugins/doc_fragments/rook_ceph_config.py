# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/rook_ceph/meta/argument_specs.yml; change that file, not this one.
"""The option `config` of modules that take the input of the role rook_ceph."""

from __future__ import annotations


class ModuleDocFragment:
    """The input of the role."""

    DOCUMENTATION = r"""
options:
  config:
    description: What is applied.
    type: dict
    required: true
    suboptions:
      cloud: {description: 'Name of the cloud, which a removal has to be given.', type: str, required: true}
      manifests:
        description: C(crds.yaml), C(common.yaml), C(csi-operator.yaml) and C(operator.yaml) of
          Rook 1.20.6.
        type: list
        elements: dict
        required: true
        suboptions:
          path: {description: Its file on the host where the role runs. One of C(path) and C(url)
              is required., type: path}
          url: {description: Where it is downloaded from., type: str}
          sha256: {description: Its digest; another file is refused., type: str, required: true}
      addons_manifests:
        description:
        - C(crds.yaml), C(rbac.yaml), C(setup-controller.yaml) and C(csi-addons-config.yaml) of
          csi-addons 0.14.0. With them, space of deleted files can be given back and the volumes
          of a dead node can be fenced.
        type: list
        elements: dict
        default: []
        suboptions:
          path: {description: Its file on the host where the role runs. One of C(path) and C(url)
              is required., type: path}
          url: {description: Where it is downloaded from., type: str}
          sha256: {description: Its digest; another file is refused., type: str, required: true}
      timings: {description: 'C(slow) for machines whose CPU is emulated or overloaded. Containers
          have fifteen minutes to start, and probes wait longer for an answer.', type: str, choices: [
          default, slow], default: default}
      external:
        description:
        - An external Ceph cluster, which others run. Then there are no C(nodes) and C(public_networks),
          and C(pools) and C(filesystems) are those that the cluster has. C(rook_ceph_secrets)
          has the keys.
        type: dict
        suboptions:
          fsid: {description: 'Its identity, as C(ceph fsid) prints it there.', type: str, required: true}
      nodes:
        description: The machines that store, at least three of them. Needed unless the cluster
          is external.
        type: list
        elements: dict
        default: []
        suboptions:
          node: {description: Name of its node in Kubernetes., type: str, required: true}
          host: {description: 'Its inventory host, on which disks are looked up. The same as C(node)
              by default.', type: str}
          disks:
            description: Its disks.
            type: list
            elements: dict
            required: true
            suboptions:
              id:
                description: What the disk says of itself, one of these or both.
                type: dict
                required: true
                suboptions:
                  serial: {description: Serial number., type: str}
                  wwn: {description: World wide name., type: str}
              device_class: {description: 'Class of the disk, where it is not the one that Ceph
                  finds out.', type: str}
              metadata: {description: Whether it holds the metadata of the other disks of its
                  machine instead of data. It has to be of a faster kind than they., type: bool,
                default: false}
      few_machines: {description: ['The consent that data is lost with one machine or one disk,
            as in a lab. It permits fewer than three machines, copies or monitors, C(failure_domain=osd),
            and OSDs with 1 GiB of memory.'], type: bool, default: false}
      failure_domain: {description: [What may fail at once. Each copy is in another one. C(zone)
            and C(rack) go by the labels C(topology.kubernetes.io/zone) and C(topology.rook.io/rack)
            of nodes.], type: str, choices: [host, zone, rack, osd], default: host}
      monitors: {description: 'Monitors, an odd number. More than half of them have to run.',
        type: int, default: 3}
      managers: {description: 'Managers, of which one works at a time.', type: int, default: 2}
      public_networks: {description: Subnets in which nodes reach Ceph. All nodes need an address
          in one of them. Needed unless the cluster is external., type: list, elements: str, default: []}
      replication_networks: {description: 'Subnets over which OSDs copy data, where they are others.',
        type: list, elements: str, default: []}
      encrypt_traffic: {description: Whether Ceph and its clients encrypt what they send., type: bool,
        default: false}
      encrypt_disks: {description: Whether new OSDs encrypt their disks (LUKS). The keys are Secrets
          of the cluster., type: bool, default: false}
      dashboard: {description: Whether Ceph's dashboard runs., type: bool, default: true}
      toolbox: {description: ['Whether the Deployment C(rook-ceph-tools) runs, in which M(groundup.cloud.ceph_health)
            and others ask Ceph. Its pod has the key of Ceph''s administrator, as has Rook''s
            operator, so who may execute commands in pods of the namespace C(rook-ceph) has all
            rights over Ceph. One of somebody else is left as it is. None for an external cluster.'],
        type: bool, default: true}
      prometheus:
        description:
        - Figures and alerts of Ceph for Prometheus. Rook makes the ServiceMonitors, and the role
          the PrometheusRule C(groundup-ceph). Not of an external cluster.
        type: dict
        suboptions:
          enabled: {description: 'Whether there are any. By default, if the cluster has the kinds
              of the Prometheus operator.', type: bool}
          labels: {description: Labels by which a Prometheus chooses its rules and monitors.,
            type: dict, default: {}}
          url: {description: 'Address of a Prometheus, from which Ceph''s dashboard takes figures
              of the past.', type: str}
      keys:
        description:
        - Rotation of CephX keys. Each is a generation that only rises; another number rotates
          the keys once. New clusters begin with 1.
        type: dict
        suboptions:
          daemons: {description: 'Generation of the keys of Ceph''s daemons, of gateways and of
              the administrator. Daemons restart one after another, and clients notice nothing.',
            type: int}
          volumes: {description: Generation of the keys by which nodes mount volumes. What is
              mounted keeps the former ones., type: int}
          former: {description: 'How many former generations of keys of volumes stay valid, 1
              by default. Give 0 once each node has been drained since.', type: int}
      osd_memory: {description: 'MiB of memory of each OSD. By default, the OSDs of a machine
          share a quarter of its memory, each with 2 to 8 GiB.', type: int}
      tolerations:
        description: Taints of machines that store.
        type: list
        elements: dict
        default: []
        suboptions:
          key: {description: Key of the taint., type: str, required: true}
          value: {description: Its value., type: str}
          effect: {description: Its effect., type: str, required: true}
      snapshots: {description: 'Whether there are classes of snapshots, whose kinds the cluster
          needs.', type: bool, default: true}
      pools:
        description: Pools of images, each with a storage class for volumes that one node uses,
          or several as a block device.
        type: list
        elements: dict
        default: []
        suboptions:
          name: {description: Its name. Its storage class is C(rook-ceph-NAME)., type: str, required: true}
          replicas: {description: 'Copies of all data, each in another failure domain.', type: int,
            default: 3}
          data_chunks: {description: 'Instead of copies, so many chunks of data.', type: int}
          coding_chunks: {description: Chunks by which lost data is computed., type: int}
          device_class: {description: 'Only disks of this class, such as C(nvme), C(ssd) or C(hdd).',
            type: str}
          compression: {description: Whether Ceph compresses what it stores., type: str, choices: [
              none, passive, aggressive, force], default: none}
          reclaim: {description: What becomes of the data when its claim is removed., type: str,
            choices: [delete, retain], default: delete}
          default: {description: Whether its class is that of claims and virtual machines that
              name none., type: bool, default: false}
          map_options: {description: Options of the kernel's RBD client. C(rxbounce) avoids errors
              of checksums under virtual machines that write to a page while it is sent., type: list,
            elements: str, default: [rxbounce]}
          pool: {description: 'Its name in an external cluster, where it is not C(name). Of an
              erasure-coded pool, the one with copies that has the metadata of its images.', type: str}
          data_pool: {description: The erasure-coded pool of an external cluster that has the
              data., type: str}
      filesystems:
        description: File systems, each with a storage class for volumes that many nodes share.
        type: list
        elements: dict
        default: []
        suboptions:
          name: {description: Its name. Its storage class is C(rook-ceph-NAME)., type: str, required: true}
          replicas: {description: 'Copies of all data, each in another failure domain.', type: int,
            default: 3}
          data_chunks: {description: 'Instead of copies, so many chunks of data.', type: int}
          coding_chunks: {description: Chunks by which lost data is computed., type: int}
          device_class: {description: 'Only disks of this class, such as C(nvme), C(ssd) or C(hdd).',
            type: str}
          compression: {description: Whether Ceph compresses what it stores., type: str, choices: [
              none, passive, aggressive, force], default: none}
          reclaim: {description: What becomes of the data when its claim is removed., type: str,
            choices: [delete, retain], default: delete}
          servers: {description: 'Active metadata servers. Each has a stand-by, and 4 GiB of memory.',
            type: int, default: 1}
          filesystem: {description: 'Its name in an external cluster, where it is not C(name).',
            type: str}
          data_pool: {description: 'The pool of an external cluster that has the data, where it
              is not the first one of the file system.', type: str}
      object_stores:
        description: Object stores (S3), each with a storage class for claims of buckets.
        type: list
        elements: dict
        default: []
        suboptions:
          name: {description: Its name. Its storage class is C(rook-ceph-NAME)., type: str, required: true}
          replicas: {description: 'Copies of all data, each in another failure domain.', type: int,
            default: 3}
          data_chunks: {description: 'Instead of copies, so many chunks of data.', type: int}
          coding_chunks: {description: Chunks by which lost data is computed., type: int}
          device_class: {description: 'Only disks of this class, such as C(nvme), C(ssd) or C(hdd).',
            type: str}
          compression: {description: Whether Ceph compresses what it stores., type: str, choices: [
              none, passive, aggressive, force], default: none}
          reclaim: {description: What becomes of the data when its claim is removed., type: str,
            choices: [delete, retain], default: delete}
          gateways: {description: 'Gateways, of which each serves all.', type: int, default: 2}
          port: {description: 'Port of their Service. 80 by default, and 443 with C(tls).', type: int}
          tls:
            description:
            - Gateways are reached by TLS only. Without a certificate, one is made for the names
              of the Service, and a CA for it. The ConfigMap C(rook-ceph-rgw-NAME-ca) has the
              CA.
            type: dict
            suboptions:
              names: {description: Further names by which clients reach the store., type: list,
                elements: str, default: []}
              certificate: {description: 'A given certificate in PEM, with its chain. Its key
                  is in C(rook_ceph_secrets).', type: str}
              ca: {description: 'The CA that signed it, in PEM.', type: str}
          users:
            description: Users with keys of their own, which Rook writes to a Secret for each.
            type: list
            elements: dict
            default: []
            suboptions:
              name: {description: Name of the user., type: str, required: true}
              max_size: {description: 'Most that it stores in all its buckets, such as C(100Gi).',
                type: str}
              max_objects: {description: Most objects that it stores in all its buckets., type: int}
              max_buckets: {description: Most buckets that it has., type: int}
"""
