import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { makePlan } from '../../../source/engine/plan/make.js';
import { freshFacts } from '../facts/sample.js';
import { planOf, scriptOf, sourcesOf, stepsOf, threePlanes } from './case.js';

describe('the plan', () => {
  it('is a graph: nothing waits for another host without need', () => {
    const edges = Object.fromEntries(planOf().tasks.map(task => [task.id, task.after]));
    expect(edges).toEqual({
      'prepare/n1': [],
      'prepare/n2': [],
      'packages/n1': ['prepare/n1'],
      'packages/n2': ['prepare/n2'],
      'images/n1': ['prepare/n1'],
      'images/n2': ['prepare/n2'],
      'network-images/n1': ['images/n1'],
      'network-images/n2': ['images/n2'],
      'control-plane/n1': ['packages/n1', 'images/n1'],
      'network/n1': ['network-images/n1', 'control-plane/n1'],
      'join/n2': ['packages/n2', 'images/n2', 'network-images/n2', 'control-plane/n1'],
      'verify/n1': ['network/n1', 'join/n2'],
      'traffic/n1': ['network/n1', 'join/n2'],
      'traffic/n2': ['traffic/n1'],
      'traffic-end/n1': ['traffic/n1', 'traffic/n2'],
    });
  });

  describe('of three control planes', () => {
    const plan = planOf({ spec: threePlanes });
    const waits = (id: string) => plan.tasks.find(task => task.id === id)!.after;
    it('lets them join one after the other, and workers as soon as the first stands', () => {
      expect(waits('join/n2')).toContain('control-plane/n1');
      expect(waits('join/n3')).toEqual(['packages/n3', 'images/n3', 'network-images/n3', 'join/n2']);
      expect(waits('join/n4')).toContain('control-plane/n1');
      expect(waits('verify/n1')).toEqual(['network/n1', 'join/n2', 'join/n3', 'join/n4']);
      expect(stepsOf(plan, 'join/n2')).toEqual(['kubeadm_join', 'kubeconfig']);
      expect(stepsOf(plan, 'join/n4')).toEqual(['kubeadm_join']);
    });
    it('gives the name of the API server a line for each, a control plane its own first', () => {
      const lines = (host: string) =>
        scriptOf(plan, `prepare/${host}`)
          .match(/^\S+ lab-api\.internal$/gm)!
          .slice(0, 3);
      const named = (...numbers: number[]) => numbers.map(n => `10.0.0.1${n} lab-api.internal`);
      expect([lines('n1'), lines('n2'), lines('n4')]).toEqual([named(1, 2, 3), named(2, 1, 3), named(1, 2, 3)]);
      const balanced = planOf({ spec: { ...threePlanes, endpoint: 'api.corp:8443' } });
      expect(scriptOf(balanced, 'prepare/n2')).not.toContain('.internal');
      expect(stepsOf(balanced, 'prepare/n2')).not.toContain('hosts_files_of_pods');
    });
    it.each([
      ['v1.37.2', 'v1beta4'],
      ['v1.30.4', 'v1beta3'],
    ])('tells kubeadm %s of it in %s', (version, form) => {
      const made = planOf({ spec: threePlanes, version });
      const documents = (task: string, name: string) =>
        parseAllDocuments(
          new RegExp(`^${name}\\(\\) \\{\\ncat <<END\\n([\\s\\S]*?)^END$`, 'm').exec(scriptOf(made, task))![1]!,
        ).map(one => one.toJS());
      const local = (n: number) => ({ advertiseAddress: `10.0.0.1${n}`, bindPort: 6443 });
      expect(documents('join/n2', 'join_config')).toMatchObject([
        {
          apiVersion: `kubeadm.k8s.io/${form}`,
          controlPlane: { localAPIEndpoint: local(2), certificateKey: '$K8S_TUI_CERTIFICATE_KEY' },
        },
      ]);
      expect(documents('join/n4', 'join_config')[0].controlPlane).toBeUndefined();
      expect(documents('control-plane/n1', 'certificates_config')).toMatchObject([
        { kind: 'InitConfiguration', certificateKey: '$K8S_TUI_CERTIFICATE_KEY', localAPIEndpoint: local(1) },
        { kind: 'ClusterConfiguration', kubernetesVersion: version },
      ]);
    });
    it.each([
      ['v1.33.5', true],
      ['v1.34.1', false],
    ])(
      'a worker of %s that had been let in names its runtime itself, where kubeadm will look for it: %s',
      (version, isThere) => {
        const join = scriptOf(planOf({ spec: threePlanes, version }), 'join/n4');
        expect(join).toContain('finish_join');
        expect(join.includes('annotate --overwrite node n4 kubeadm.alpha.kubernetes.io/cri-socket=unix:///')).toBe(isThere);
      },
    );
    it('sends the key of the certificates to those alone who need it', () => {
      const sent = plan.tasks.filter(({ variables }) => variables.includes('K8S_TUI_CERTIFICATE_KEY')).map(({ id }) => id);
      expect(sent).toEqual(['control-plane/n1', 'join/n2', 'join/n3']);
      expect(planOf().tasks.flatMap(({ variables }) => variables)).not.toContain('K8S_TUI_CERTIFICATE_KEY');
    });
    it('goes out from the one that stands, wherever it is in the file, and lends certificates while one is missing', () => {
      const cluster = (state: 'control-plane' | 'partial') => ({
        cluster: { state, server: null, caHash: null, version: 'v1.37.2', leftovers: [] },
      });
      const again = (states: Record<string, 'control-plane' | 'partial'>) =>
        makePlan({
          spec: plan.spec,
          sources: sourcesOf(plan.spec),
          version: 'v1.37.2',
          facts: Object.fromEntries(
            plan.spec.hosts.map(({ name }) => [name, freshFacts(states[name] ? cluster(states[name]) : {})]),
          ),
        });
      const grown = again({ n3: 'control-plane' });
      expect(grown.tasks.map(({ id }) => id).filter(id => /^(control-plane|join)/.test(id))).toEqual([
        'control-plane/n3',
        'join/n1',
        'join/n2',
        'join/n4',
      ]);
      const all = { n1: 'control-plane', n2: 'control-plane', n3: 'control-plane' } as const;
      expect(stepsOf(again(all), 'control-plane/n1')).not.toContain('certificates_lent');
      expect(stepsOf(again({ ...all, n2: 'partial' }), 'control-plane/n1')).toContain('certificates_lent');
    });
  });

  it.each([
    [
      'a plain machine',
      {},
      [
        'swap',
        'kernel_modules',
        'sysctl',
        'hosts_file',
        'package_tools',
        'kubernetes_source',
        'docker_source',
        'containerd',
        'crictl_config',
        'containerd_config',
      ],
    ],
    [
      'a container',
      { facts: { virtualization: 'lxc' } },
      [
        'kernel_modules',
        'sysctl',
        'hosts_file',
        'package_tools',
        'kubernetes_source',
        'docker_source',
        'containerd',
        'crictl_config',
        'containerd_config',
      ],
    ],
    [
      'swap that is kept',
      { spec: { swap: 'keep' as const } },
      [
        'kernel_modules',
        'sysctl',
        'hosts_file',
        'package_tools',
        'kubernetes_source',
        'docker_source',
        'containerd',
        'crictl_config',
        'containerd_config',
      ],
    ],
    [
      'cloud-init, SELinux and ufw',
      {
        facts: {
          cloudInit: 'done' as const,
          selinux: 'enforcing' as const,
          firewall: { ufw: 'active' as const, firewalld: null },
        },
      },
      [
        'cloud_init',
        'selinux',
        'swap',
        'kernel_modules',
        'sysctl',
        'hosts_file',
        'firewall_open',
        'package_tools',
        'kubernetes_source',
        'docker_source',
        'containerd',
        'crictl_config',
        'containerd_config',
      ],
    ],
    [
      'a firewall to be switched off',
      { spec: { firewall: 'disable' as const }, facts: { firewall: { ufw: 'active' as const, firewalld: null } } },
      [
        'swap',
        'kernel_modules',
        'sysctl',
        'hosts_file',
        'firewall_off',
        'package_tools',
        'kubernetes_source',
        'docker_source',
        'containerd',
        'crictl_config',
        'containerd_config',
      ],
    ],
    [
      'a firewall to be left alone',
      { spec: { firewall: 'leave' as const }, facts: { firewall: { ufw: 'active' as const, firewalld: null } } },
      [
        'swap',
        'kernel_modules',
        'sysctl',
        'hosts_file',
        'package_tools',
        'kubernetes_source',
        'docker_source',
        'containerd',
        'crictl_config',
        'containerd_config',
      ],
    ],
    [
      'Aliyun, with its time servers',
      { spec: { mirror: 'aliyun' as const } },
      [
        'swap',
        'kernel_modules',
        'sysctl',
        'hosts_file',
        'time',
        'package_tools',
        'kubernetes_source',
        'docker_source',
        'containerd',
        'crictl_config',
        'containerd_config',
      ],
    ],
    [
      'containerd from its release',
      { spec: { runtime: 'github' as const } },
      [
        'swap',
        'kernel_modules',
        'sysctl',
        'hosts_file',
        'package_tools',
        'kubernetes_source',
        'containerd_release',
        'crictl_config',
        'containerd_config',
      ],
    ],
    [
      'the distribution’s containerd',
      { spec: { runtime: 'distribution' as const } },
      [
        'swap',
        'kernel_modules',
        'sysctl',
        'hosts_file',
        'package_tools',
        'kubernetes_source',
        'containerd',
        'crictl_config',
        'containerd_config',
      ],
    ],
  ])('prepares %s', (_, input, steps) => {
    expect(stepsOf(planOf(input), 'prepare/n2')).toEqual(steps);
  });

  it('has a token made only where somebody is still to join', () => {
    expect(stepsOf(planOf(), 'control-plane/n1')).toContain('join_token');
    const joined = planOf({
      facts: { cluster: { state: 'worker', server: null, caHash: null, version: 'v1.37.2', leftovers: [] } },
    });
    expect(stepsOf(joined, 'control-plane/n1')).not.toContain('join_token');
  });

  it('says what is out of the ordinary', () => {
    const notes = planOf({
      spec: { network: { cni: 'calico-operator' } },
      facts: { cgroup: 1, conntrackWritable: false, virtualization: 'lxc' },
    }).notes;
    expect(notes.map(note => note.en)).toEqual([
      expect.stringContaining('failCgroupV1: false'),
      expect.stringContaining('conntrack'),
      expect.stringContaining('containers'),
      expect.stringContaining('never tried'),
    ]);
    expect(planOf().notes).toEqual([]);
  });

  it('has no secret in any script: variables carry them', () => {
    for (const task of planOf().tasks) expect(task.script).not.toMatch(/\b[a-z0-9]{6}\.[a-z0-9]{16}\b/);
    expect(planOf().tasks.find(task => task.id === 'join/n2')!.variables).toEqual(['K8S_TUI_TOKEN', 'K8S_TUI_CA']);
  });
});

describe('what the scripts say', () => {
  it.each([
    ['upstream', 'prepare/n2', 'https://pkgs.k8s.io/core:/stable:/v1.37/deb/ /'],
    ['upstream', 'prepare/n2', 'https://download.docker.com/linux/debian bookworm stable'],
    ['upstream', 'prepare/n2', 'sandbox=registry.k8s.io/pause:3.10.2'],
    ['upstream', 'images/n1', 'registry.k8s.io/coredns/coredns:v1.14.6'],
    ['upstream', 'network/n1', 'image: ghcr.io/flannel-io/flannel:v0.28.10'],
    ['aliyun', 'prepare/n2', 'https://mirrors.aliyun.com/kubernetes-new/core/stable/v1.37/deb/ /'],
    ['aliyun', 'prepare/n2', 'https://mirrors.aliyun.com/docker-ce/linux/debian bookworm stable'],
    ['aliyun', 'prepare/n2', 'sandbox=registry.aliyuncs.com/google_containers/pause:3.10.2'],
    ['aliyun', 'prepare/n2', 'ntp.aliyun.com'],
    ['aliyun', 'images/n1', 'registry.aliyuncs.com/google_containers/coredns:v1.14.6'],
    ['aliyun', 'control-plane/n1', 'imageRepository: registry.aliyuncs.com/google_containers'],
    ['aliyun', 'network/n1', 'image: m.daocloud.io/ghcr.io/flannel-io/flannel:v0.28.10'],
  ] as const)('from %s, %s has %s', (mirror, task, text) => {
    expect(scriptOf(planOf({ spec: { mirror } }), task)).toContain(text);
  });

  const upstream = /pkgs\.k8s\.io|download\.docker\.com|registry\.k8s\.io|(?<!m\.daocloud\.io\/)ghcr\.io\/flannel/;

  it('points at upstream with the mirror aliyun nowhere but where stand-ins are named', () => {
    const named = /^(stand_ins|images_elsewhere)\(\) \{\ncat <<'END'\n[\s\S]*?\nEND\n\}$|^ +for url in .*; do$/gm;
    for (const { script } of planOf({ spec: { mirror: 'aliyun' } }).tasks)
      expect(script.replace(named, '')).not.toMatch(upstream);
  });

  it('has the chosen images by other names, place by place, and their packages by other sources', () => {
    const plan = planOf();
    const images = scriptOf(plan, 'images/n2');
    expect(images).toContain(
      [
        'registry.k8s.io/kube-proxy:v1.37.2 registry.aliyuncs.com/google_containers/kube-proxy:v1.37.2',
        'registry.k8s.io/pause:3.10.2 registry.aliyuncs.com/google_containers/pause:3.10.2',
        'registry.k8s.io/kube-proxy:v1.37.2 k8s.m.daocloud.io/kube-proxy:v1.37.2',
        'registry.k8s.io/pause:3.10.2 k8s.m.daocloud.io/pause:3.10.2',
      ].join('\n'),
    );
    expect(scriptOf(plan, 'network-images/n2')).toContain(
      'ghcr.io/flannel-io/flannel:v0.28.10 m.daocloud.io/ghcr.io/flannel-io/flannel:v0.28.10',
    );
    for (const task of ['prepare/n2', 'packages/n2'])
      expect(scriptOf(plan, task)).toContain(
        'deb [arch=amd64 signed-by=/etc/apt/keyrings/k8s-tui-kubernetes.asc] https://mirrors.aliyun.com/kubernetes-new/core/stable/v1.37/deb/ /\n',
      );
  });

  it('has them with the relay as well, which leads to all of them', () => {
    const plan = planOf({ spec: { relay: true } });
    expect(scriptOf(plan, 'images/n2')).toContain(
      'registry.k8s.io/pause:3.10.2 registry.aliyuncs.com/google_containers/pause:3.10.2',
    );
    expect(scriptOf(plan, 'packages/n2')).toContain('https://mirrors.aliyun.com/kubernetes-new/core/stable/v1.37/deb/ /\n');
  });

  it.each([
    ['upstream', true, 'http://mirrors.aliyun.com/debian bookworm main'],
    ['aliyun', true, 'http://deb.debian.org/debian bookworm main'],
    ['aliyun', false, null],
  ] as const)('with mirror %s and relay %s the distribution’s stand-in is %s', (mirror, relay, line) => {
    const packages = scriptOf(planOf({ spec: { mirror, relay } }), 'packages/n2');
    const standIns = /^stand_ins\(\) \{\ncat <<'END'\n([\s\S]*?)\nEND$/m.exec(packages)![1]!;
    expect(/\S+ bookworm main$/m.exec(standIns)?.[0] ?? null).toBe(line);
  });

  it.each([
    ['v1.37.2', 'debian', 'bookworm', '12'],
    ['v1.36.3', 'debian', 'trixie', '13'],
    ['v1.36.3', 'ubuntu', 'jammy', '22.04'],
    ['v1.35.0', 'ubuntu', 'noble', '24.04'],
  ])('%s on %s %s takes that release’s packages', (version, id, codename, versionId) => {
    const script = scriptOf(planOf({ version, facts: { os: { id, codename, versionId, pretty: id } } }), 'prepare/n1');
    expect(script).toContain(`https://download.docker.com/linux/${id} ${codename} stable`);
  });

  it.each([
    ['v1.30.5', 'kubeadm.k8s.io/v1beta3', 'timeoutForControlPlane: 8m0s', 'node-ip: 10.0.0.11'],
    ['v1.37.2', 'kubeadm.k8s.io/v1beta4', 'controlPlaneComponentHealthCheck: 8m0s', 'name: node-ip'],
  ])('kubeadm %s is configured by %s', (version, ...texts) => {
    const script = scriptOf(planOf({ version }), 'control-plane/n1');
    for (const text of texts) expect(script).toContain(text);
  });

  it('sets what cgroup v1 and a fixed conntrack need, and only there', () => {
    const odd = scriptOf(planOf({ facts: { cgroup: 1, conntrackWritable: false } }), 'control-plane/n1');
    expect(odd).toContain('failCgroupV1: false');
    expect(odd).toContain('maxPerCore: 0');
    const plain = scriptOf(planOf(), 'control-plane/n1');
    expect(plain).not.toContain('failCgroupV1');
    expect(plain).not.toContain('conntrack');
  });

  it('lets the only host run workloads, and keeps a control plane with workers for itself', () => {
    const alone = planOf({ spec: { hosts: [{ name: 'n1', address: '10.0.0.11', roles: ['control-plane'] }] } });
    expect(scriptOf(alone, 'control-plane/n1')).toContain('taints: []');
    expect(scriptOf(planOf(), 'control-plane/n1')).not.toContain('taints');
  });

  it('pins the pod network in Calico’s manifest and its images to the chosen registry', () => {
    const script = scriptOf(
      planOf({ spec: { mirror: 'aliyun', network: { cni: 'calico', pods: '10.50.0.0/16' } } }),
      'network/n1',
    );
    expect(script).toContain('value: "10.50.0.0/16"');
    expect(script).toContain('image: m.daocloud.io/docker.io/calico/node:v3.28.5');
    expect(script).toContain('kubernetes-internal-ip');
  });

  it.each([
    ['flannel', undefined, 'lab-api.internal', '6443'],
    ['calico', undefined, 'lab-api.internal', '6443'],
    ['flannel', 'k8s.example.com:8443', 'k8s.example.com', '8443'],
  ] as const)(
    '%s asks the control plane itself, not a Service that kube-proxy has still to make (%s)',
    (cni, endpoint, name, port) => {
      const script = scriptOf(planOf({ spec: { name: 'lab', endpoint, network: { cni } } }), 'network/n1');
      const manifest = script.split(`_manifest() {\ncat <<'END'\n`)[1]!.split('\nEND\n')[0]!;
      const documents = parseAllDocuments(manifest).map(document => document.toJS());
      const asked =
        cni === 'calico'
          ? documents.find(({ metadata }) => metadata.name === 'kubernetes-services-endpoint').data
          : Object.fromEntries(
              documents
                .find(({ kind }) => kind === 'DaemonSet')
                .spec.template.spec.containers[0].env.map((each: { name: string; value?: string }) => [each.name, each.value]),
            );
      expect(asked).toMatchObject({ KUBERNETES_SERVICE_HOST: name, KUBERNETES_SERVICE_PORT: port });
    },
  );

  it('asks conntrack of old versions alone, and ipset where kube-proxy is to use IPVS', () => {
    expect(scriptOf(planOf({ version: 'v1.31.4' }), 'packages/n1')).toContain('also=conntrack');
    expect(scriptOf(planOf(), 'packages/n1')).toContain("also=''");
    expect(scriptOf(planOf({ version: 'v1.34.1', spec: { network: { proxy: 'ipvs' } } }), 'packages/n1')).toContain(
      "also='ipset ipvsadm'",
    );
  });
});
