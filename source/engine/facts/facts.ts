/** What one probe of a host says. A fact that the host does not give is null, empty or 0; it is never guessed. */
export interface Facts {
  hostname: string;
  os: { id: string; versionId: string; codename: string; pretty: string };
  /** As Debian names it: amd64, arm64. */
  arch: string;
  /** e.g. 6.1.0-18-amd64 */
  kernel: string;
  /** The first process is systemd. */
  systemd: boolean;
  /** What systemd-detect-virt says: kvm, lxc, systemd-nspawn, none ... */
  virtualization: string;
  cgroup: 1 | 2;
  cpus: number;
  memoryMiB: number;
  /** The file systems behind the folders that fill up, by folder: /, /var/lib/containerd, /var/lib/kubelet, /var/lib/etcd. */
  disks: { path: string; mount: string; freeMiB: number; totalMiB: number; freeInodes: number | null; readOnly: boolean }[];
  interfaces: { name: string; mac: string; addresses: string[] /* with prefix length */ }[];
  routes: { to: string /* CIDR or default */; via: string | null; device: string }[];
  nameservers: string[];
  /** Devices and files that are swapped to now. */
  swap: string[];
  /** `built-in` covers a feature that is there without a module to load (a container's shared kernel). */
  modules: Record<string, 'loaded' | 'built-in' | 'loadable' | 'missing'>;
  /** Kernel settings that matter, by name; null where absent. */
  sysctls: Record<string, string | null>;
  /** /proc/sys/net/netfilter/nf_conntrack_max can be written. */
  conntrackWritable: boolean;
  /** `process` is asked for only where a port of Kubernetes is taken on a host that k8s-tui has not touched. */
  listening: { protocol: 'tcp' | 'udp'; address: string; port: number; process: string | null }[];
  time: {
    epochMs: number /** when the answer arrived minus half the round trip, by the operator's clock */;
    askedAtMs: number;
    synchronized: boolean | null;
    service: string | null;
  };
  identity: { productUuid: string | null; machineId: string | null; bootId: string };
  firewall: { ufw: 'active' | 'inactive' | null; firewalld: 'active' | 'inactive' | null };
  selinux: 'enforcing' | 'permissive' | 'disabled' | null;
  /** Commands found, of those that matter: curl, gpg, perl, nft, docker, ... */
  commands: string[];
  /** Package versions installed, by Debian name, of those that matter. */
  packages: Record<string, string>;
  held: string[];
  /** Who holds dpkg's or apt's lock right now: `pid command`, or null. */
  aptLock: string | null;
  /** dpkg was interrupted and has to be configured first. */
  dpkgBroken: boolean;
  /** Version as 2.3.7; `ours`: installed or configured by k8s-tui. */
  containerd: { version: string | null; active: boolean; ours: boolean };
  /** Version as v1.37.2. */
  kubelet: { version: string | null; active: boolean };
  cloudInit: 'running' | 'done' | null;
  /** As a login shell and apt see them, without passwords: http_proxy, https_proxy, no_proxy, all_proxy, apt_http_proxy, apt_https_proxy. */
  proxies: Record<string, string>;
  /** What Kubernetes has left here. `partial`: an init or a join that did not end. */
  cluster: {
    state: 'none' | 'control-plane' | 'worker' | 'partial';
    /** server: of kubelet.conf, where there is one. */
    server: string | null;
    /** sha256:... of the cluster's CA public key. */
    caHash: string | null;
    /** As v1.37.2. */
    version: string | null;
    /** Names of folders that are not empty though no package fills them: /var/lib/etcd, /etc/cni/net.d ... */
    leftovers: string[];
    /** Of a control plane: what its cluster was made with, and what cannot be changed in place. */
    made?: { pods: string | null; services: string | null; cni: string | null };
  };
  /** The cluster whose ledger lies on this host. */
  ledger: string | null;
  access: 'root' | 'sudo' | 'sudo-with-password' | 'none';
}
