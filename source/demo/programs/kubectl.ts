import { parseAllDocuments, stringify } from 'yaml';
import type { Program } from '../machine/machine.js';
import type { Process } from '../machine/process.js';
import type { Cluster, KubeObject } from '../world/cluster.js';
import { duration } from './basic.js';
import { follow, jsonpath } from './jsonpath.js';
import { table } from './table.js';
import { toBytes, toText } from './tools.js';

const kinds: Record<string, string[]> = {
  Node: ['node', 'nodes', 'no'],
  Pod: ['pod', 'pods', 'po'],
  Namespace: ['namespace', 'namespaces', 'ns'],
  Service: ['service', 'services', 'svc'],
  DaemonSet: ['daemonset', 'daemonsets', 'ds'],
  Deployment: ['deployment', 'deployments', 'deploy'],
  ConfigMap: ['configmap', 'configmaps', 'cm'],
  Secret: ['secret', 'secrets'],
  Event: ['event', 'events', 'ev'],
  CustomResourceDefinition: ['crd', 'crds', 'customresourcedefinition', 'customresourcedefinitions'],
  Installation: ['installation', 'installations'],
};
const kindOf = (word: string) => Object.keys(kinds).find(kind => kinds[kind]!.includes(word.toLowerCase().split('.')[0]!));

/** As kubectl names a resource in what it says: `daemonset.apps/kube-proxy`. */
function resource({ kind, apiVersion = 'v1', metadata: { name } }: KubeObject): string {
  const group = apiVersion.includes('/') ? `.${apiVersion.split('/')[0]}` : '';
  return `${kind.toLowerCase()}${group}/${name}`;
}

interface Asked {
  words: string[];
  has: Record<string, string>;
}

const valued = new Set([
  '-n',
  '--namespace',
  '-o',
  '--output',
  '-l',
  '--selector',
  '-f',
  '--filename',
  '--kubeconfig',
  '--request-timeout',
  '--timeout',
  '--for',
  '--raw',
  '--field-selector',
  '--context',
  '--cache-dir',
  '-c',
  '--tail',
  '--sort-by',
  '--server',
]);
function parse(args: string[]): Asked {
  const asked: Asked = { words: [], has: {} };
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (!arg.startsWith('-') || arg === '-') {
      asked.words.push(arg);
      continue;
    }
    const [, short, rest] = /^(-[nolfc])(.+)$/.exec(arg) ?? [];
    const [option, inline] =
      short && !arg.startsWith('--') ? [short, rest!.replace(/^=/, '')] : (arg.split(/=(.*)/s) as [string, string?]);
    const value = inline ?? (valued.has(option) ? (args[++i] ?? '') : '');
    const name =
      { '-n': 'namespace', '-o': 'output', '-l': 'selector', '-f': 'filename', '-A': 'all-namespaces' }[option] ??
      option.replace(/^--?/, '');
    asked.has[name] = value;
  }
  return asked;
}

/** The cluster that the kubeconfig in use leads to. @throws Error with kubectl's words */
async function clusterOf(process: Process, has: Record<string, string>): Promise<Cluster> {
  const file = has.kubeconfig || process.env.KUBECONFIG || `${process.env.HOME ?? '/root'}/.kube/config`;
  const text = await process.fs.text(file);
  const authority = /certificate-authority-data: (\S+)/.exec(text ?? '')?.[1];
  if (!authority || !process.machine.mayOpen(process, file, 'read'))
    throw new Error('The connection to the server localhost:8080 was refused - did you specify the right host or port?');
  const server = /server: (\S+)/.exec(text!)?.[1]?.replace('https://', '');
  const cluster = process.machine.world.clusters.get(Buffer.from(authority, 'base64').toString());
  if (!cluster?.isUp)
    throw new Error(`The connection to the server ${server} was refused - did you specify the right host or port?`);
  return cluster;
}

const age = (object: KubeObject) => {
  const seconds = Math.max(0, Math.round((Date.now() - Date.parse(object.metadata.creationTimestamp ?? '')) / 1000)) || 0;
  return seconds < 120 ? `${seconds}s` : `${Math.floor(seconds / 60)}m`;
};

/** @param condition `Ready` */
const isTrue = (object: KubeObject, condition: string) =>
  follow(object, `.status.conditions[?(@.type=="${condition}")].status`)[0] === 'True';

/** Columns of a table, as kubectl has them by kind. */
function columns(kind: string, isWide: boolean): [string, (object: KubeObject) => string][] {
  const name: [string, (object: KubeObject) => string] = ['NAME', object => object.metadata.name];
  const old: [string, (object: KubeObject) => string] = ['AGE', age];
  switch (kind) {
    case 'Node':
      return [
        name,
        ['STATUS', object => (isTrue(object, 'Ready') ? 'Ready' : 'NotReady')],
        [
          'ROLES',
          object => ('node-role.kubernetes.io/control-plane' in (object.metadata.labels ?? {}) ? 'control-plane' : '<none>'),
        ],
        old,
        ['VERSION', object => object.status.nodeInfo.kubeletVersion],
        ...(isWide
          ? ([
              ['INTERNAL-IP', object => object.status.addresses[0].address],
              ['EXTERNAL-IP', () => '<none>'],
              ['OS-IMAGE', object => object.status.nodeInfo.osImage],
              ['KERNEL-VERSION', object => object.status.nodeInfo.kernelVersion],
              ['CONTAINER-RUNTIME', object => object.status.nodeInfo.containerRuntimeVersion],
            ] as [string, (object: KubeObject) => string][])
          : []),
      ];
    case 'Pod':
      return [
        name,
        [
          'READY',
          object =>
            `${object.status.containerStatuses.filter((each: { ready: boolean }) => each.ready).length}/${object.status.containerStatuses.length}`,
        ],
        ['STATUS', object => object.status.containerStatuses[0]?.state.waiting?.reason ?? object.status.phase],
        ['RESTARTS', () => '0'],
        old,
        ...(isWide
          ? ([
              ['IP', object => object.status.podIP ?? '<none>'],
              ['NODE', object => object.spec.nodeName],
            ] as [string, (object: KubeObject) => string][])
          : []),
      ];
    case 'DaemonSet':
      return [
        name,
        ['DESIRED', object => String(object.status.desiredNumberScheduled)],
        ['READY', object => String(object.status.numberReady ?? 0)],
        old,
      ];
    case 'Deployment':
      return [name, ['READY', object => `${object.status.readyReplicas ?? 0}/${object.status.replicas}`], old];
    case 'Service':
      return [
        name,
        ['TYPE', object => object.spec.type ?? 'ClusterIP'],
        ['CLUSTER-IP', object => object.spec.clusterIP],
        ['EXTERNAL-IP', () => '<none>'],
        ['PORT(S)', object => (object.spec.ports ?? []).map((each: { port: number }) => `${each.port}/TCP`).join(',')],
        old,
      ];
    default:
      return [name, old];
  }
}

async function get(process: Process, cluster: Cluster, { words, has }: Asked): Promise<number> {
  if (has.raw !== undefined) {
    const checks = ['ping', 'log', 'etcd', 'poststarthook/start-apiextensions-controllers'];
    if (/^\/(readyz|livez|healthz)/.test(has.raw))
      await process.out(
        has.raw.includes('verbose') ? `${checks.map(check => `[+]${check} ok`).join('\n')}\nreadyz check passed\n` : 'ok',
      );
    else await process.out('{}');
    return 0;
  }
  const [, what = '', ...given] = words;
  const isAll = has['all-namespaces'] !== undefined;
  const namespace = isAll ? undefined : (has.namespace ?? 'default');
  const output = has.output ?? '';
  const wanted = what.includes('/')
    ? [what, ...given].map(word => word.split('/') as [string, string])
    : given.map(name => [what, name] as [string, string]);
  const kind = kindOf(what.split('/')[0]!);
  if (!kind) {
    await process.err(`error: the server doesn't have a resource type "${what.split('/')[0]}"\n`);
    return 1;
  }
  let status = 0;
  let objects: KubeObject[];
  if (wanted.length) {
    objects = [];
    for (const [word, name] of wanted) {
      const one = cluster.get(kindOf(word)!, namespace, name);
      if (one) objects.push(one);
      else if (has['ignore-not-found'] === undefined) {
        const plural =
          { Installation: 'installations.operator.tigera.io', DaemonSet: 'daemonsets.apps', Deployment: 'deployments.apps' }[
            kind
          ] ?? kinds[kind]![1];
        await process.err(`Error from server (NotFound): ${plural} "${name}" not found\n`);
        status = 1;
      }
    }
  } else {
    objects = cluster
      .list(kind, namespace)
      .sort((a, b) => `${a.metadata.namespace}/${a.metadata.name}`.localeCompare(`${b.metadata.namespace}/${b.metadata.name}`));
    for (const [path, value] of (has['field-selector'] ?? '')
      .split(',')
      .filter(Boolean)
      .map(each => each.split('=') as [string, string]))
      objects = objects.filter(object => String(follow(object, `.${path}`)[0] ?? '') === value);
    for (const [label, value] of (has.selector ?? '')
      .split(',')
      .filter(Boolean)
      .map(each => each.split('=') as [string, string?]))
      objects = objects.filter(object =>
        value === undefined ? label in (object.metadata.labels ?? {}) : object.metadata.labels?.[label] === value,
      );
  }
  const isOne = wanted.length === 1;
  if (isOne && !objects.length) return status;
  const data = isOne ? objects[0]! : { kind: 'List', apiVersion: 'v1', items: objects };
  if (output.startsWith('jsonpath')) await process.out(toBytes(jsonpath(toText(output.slice(output.indexOf('=') + 1)), data)));
  else if (output === 'json') await process.out(`${JSON.stringify(data, null, 2)}\n`);
  else if (output === 'yaml') await process.out(stringify(data));
  else if (output === 'name') for (const object of objects) await process.out(`${resource(object)}\n`);
  else {
    const custom = output.startsWith('custom-columns=')
      ? output
          .slice('custom-columns='.length)
          .split(',')
          .map(column => column.split(/:(.*)/s) as [string, string])
      : null;
    const shown: [string, (object: KubeObject) => string][] = custom
      ? custom.map(([title, path]) => [
          title,
          object =>
            follow(object, path)
              .map(value => String(value))
              .join(',') || '<none>',
        ])
      : [
          ...(isAll
            ? [
                ['NAMESPACE', (object: KubeObject) => object.metadata.namespace ?? ''] as [
                  string,
                  (object: KubeObject) => string,
                ],
              ]
            : []),
          ...columns(kind, output === 'wide'),
        ];
    const rows = objects.map(object => shown.map(([, value]) => value(object)));
    if (!rows.length) {
      if (!custom)
        await process.err(
          isAll || kind === 'Node' ? 'No resources found\n' : `No resources found in ${namespace} namespace.\n`,
        );
    } else await process.out(`${table(has['no-headers'] !== undefined ? rows : [shown.map(([title]) => title), ...rows])}\n`);
  }
  return status;
}

async function apply(process: Process, cluster: Cluster, verb: string, { has }: Asked): Promise<number> {
  const text = has.filename === '-' ? await process.readAll() : await process.fs.bytes(process.path(has.filename ?? ''));
  const documents = parseAllDocuments(toText(text)).map(document => document.toJS() as KubeObject | null);
  const objects = documents.flatMap(document =>
    !document ? [] : document.kind === 'List' ? (document.items as KubeObject[]) : [document],
  );
  if (!objects.length) {
    await process.err('error: no objects passed to apply\n');
    return 1;
  }
  const isServerSide = has['server-side'] !== undefined;
  let status = 0;
  for (const object of objects) {
    await process.sleep(25);
    const namespace = object.metadata.namespace ?? has.namespace;
    if (namespace && object.kind !== 'Namespace' && !cluster.get('Namespace', undefined, namespace)) {
      await process.err(`Error from server (NotFound): error when creating "STDIN": namespaces "${namespace}" not found\n`);
      status = 1;
      continue;
    }
    if (verb === 'create' && cluster.get(object.kind, namespace, object.metadata.name)) {
      await process.err(`Error from server (AlreadyExists): error when creating "STDIN": ${resource(object)} already exists\n`);
      status = 1;
      continue;
    }
    const wasThere = cluster.put({ ...object, metadata: { ...object.metadata, ...(namespace && { namespace }) } });
    await process.out(`${resource(object)} ${isServerSide ? 'serverside-applied' : wasThere ? 'configured' : 'created'}\n`);
  }
  return status;
}

/** Polls until a question has a happy answer or the time is up. */
async function until(process: Process, limit: number, question: () => Promise<boolean> | boolean): Promise<boolean> {
  for (let waited = 0; ; waited += 200) {
    if (await question()) return true;
    if (waited >= limit) return false;
    await process.sleep(200);
  }
}

async function waitFor(process: Process, cluster: Cluster, { words, has }: Asked): Promise<number> {
  const [, what = '', ...names] = words;
  const wanted = what.includes('/')
    ? [what, ...names].map(word => word.split('/') as [string, string])
    : names.map(name => [what, name] as [string, string]);
  const condition = /condition=(\w+)/.exec(has.for ?? '')?.[1] ?? 'Ready';
  const limit = duration(has.timeout ?? '30s');
  let left = limit;
  for (const [word, name] of wanted) {
    const kind = kindOf(word) ?? word;
    const one = () => cluster.get(kind, has.namespace, name);
    if (!one()) {
      await process.err(`Error from server (NotFound): ${kinds[kind]?.[1] ?? word} "${name}" not found\n`);
      return 1;
    }
    const isSo = () => {
      const found = one();
      return found !== undefined && isTrue(found, condition);
    };
    const began = process.now();
    if (!(await until(process, left, isSo))) {
      await process.err(`error: timed out waiting for the condition on ${kinds[kind]?.[1] ?? word}/${name}\n`);
      return 1;
    }
    left -= process.now() - began;
    await process.out(`${resource(one()!)} condition met\n`);
  }
  return 0;
}

async function rollout(process: Process, cluster: Cluster, { words, has }: Asked): Promise<number> {
  const [word = '', name = words[3] ?? ''] = (words[2] ?? '').split('/');
  const kind = kindOf(word) ?? word;
  const counts = () => {
    const status = cluster.get(kind, has.namespace ?? 'default', name)?.status;
    return kind === 'DaemonSet'
      ? [status?.numberReady ?? 0, status?.desiredNumberScheduled ?? 0]
      : [status?.readyReplicas ?? 0, status?.replicas ?? 0];
  };
  if (!cluster.get(kind, has.namespace ?? 'default', name)) {
    await process.err(
      `Error from server (NotFound): ${kind === 'DaemonSet' ? 'daemonsets' : 'deployments'}.apps "${name}" not found\n`,
    );
    return 1;
  }
  const called = kind === 'DaemonSet' ? 'daemon set' : 'deployment';
  let said = '';
  const isOut = await until(process, duration(has.timeout ?? '10m'), async () => {
    const [ready, wanted] = counts();
    if (ready >= wanted && wanted > 0) return true;
    const line = `Waiting for ${called} "${name}" rollout to finish: ${ready} of ${wanted} updated pods are available...\n`;
    if (line !== said) await process.out(line);
    said = line;
    return false;
  });
  if (!isOut) {
    await process.err('error: timed out waiting for the condition\n');
    return 1;
  }
  await process.out(`${called} "${name}" successfully rolled out\n`);
  return 0;
}

async function remove(process: Process, cluster: Cluster, { words, has }: Asked): Promise<number> {
  const [, what = '', ...names] = words;
  const wanted = what.includes('/')
    ? [what, ...names].map(word => word.split('/') as [string, string])
    : names.map(name => [what, name] as [string, string]);
  let status = 0;
  for (const [word, name] of wanted) {
    const kind = kindOf(word) ?? word;
    const one = cluster.get(kind, has.namespace ?? 'default', name);
    if (one && cluster.remove(kind, has.namespace ?? 'default', name)) {
      await process.out(`${resource(one).replace('/', ' "')}" deleted\n`);
      await process.sleep(100);
    } else if (has['ignore-not-found'] === undefined) {
      await process.err(`Error from server (NotFound): ${kinds[kind]?.[1] ?? word} "${name}" not found\n`);
      status = 1;
    }
  }
  return status;
}

const kubectl: Program = async (process, args) => {
  const asked = parse(args);
  const [verb] = asked.words;
  if (verb === 'version') {
    await process.out(
      `Client Version: v${(process.machine.packages.installed.get('kubectl')?.version ?? '').replace(/-.*/, '')}\n`,
    );
    return 0;
  }
  let cluster: Cluster;
  try {
    cluster = await clusterOf(process, asked.has);
  } catch (error) {
    await process.err(`${(error as Error).message}\n`);
    return 1;
  }
  await process.sleep(30);
  switch (verb) {
    case 'get':
      return get(process, cluster, asked);
    case 'apply':
    case 'create':
    case 'replace':
      return apply(process, cluster, verb, asked);
    case 'wait':
      return waitFor(process, cluster, asked);
    case 'rollout':
      return rollout(process, cluster, asked);
    case 'delete':
      return remove(process, cluster, asked);
    case 'cluster-info':
      await process.out(`Kubernetes control plane is running at https://${cluster.etcd.members[0]!.machine.address}:6443\n`);
      return 0;
    case 'label':
    case 'taint':
    case 'cordon':
    case 'uncordon':
    case 'drain':
      await process.out(
        `node/${asked.words[1] === 'nodes' || asked.words[1] === 'node' ? asked.words[2] : asked.words[1]} ${verb}ed\n`,
      );
      return 0;
    default:
      await process.err(`error: unknown command "${verb ?? ''}" for "kubectl"\n`);
      return 1;
  }
};

export const kubectlPrograms: Record<string, Program> = { kubectl };
