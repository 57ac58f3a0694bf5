import { createHash } from 'node:crypto';
import type { Machine, Program } from '../machine/machine.js';
import type { Process } from '../machine/process.js';
import { say } from '../shell/builtins.js';
import { isCarried, NoAnswer } from '../world/internet.js';
import { containerName } from '../world/pod-logs.js';
import { table } from './table.js';

const socket = '/run/containerd/containerd.sock';

/** Whether the runtime answers, and what crictl says where it does not. */
export async function runtimeProblem(machine: Machine): Promise<string | null> {
  if (machine.units.active('containerd.service') !== 'active' || !(await machine.fs.exists(socket)))
    return `validate service connection: validate CRI v1 runtime API for endpoint "unix://${socket}": rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial unix ${socket}: connect: no such file or directory"`;
  const isOff = /disabled_plugins\s*=\s*\[.*"cri"/.test(machine.runtimeConfiguration);
  return isOff
    ? `validate service connection: validate CRI v1 runtime API for endpoint "unix://${socket}": rpc error: code = Unimplemented desc = unknown service runtime.v1.RuntimeService`
    : null;
}

const idOf = (text: string) => createHash('sha256').update(text).digest('hex');
const sizeOf = (image: string) =>
  ({
    'kube-apiserver': 27.1,
    'kube-controller-manager': 22.8,
    'kube-scheduler': 17.4,
    'kube-proxy': 26,
    etcd: 22.9,
    coredns: 22.4,
    pause: 0.3,
    flannel: 33.1,
    'flannel-cni-plugin': 4.5,
    node: 144,
    cni: 94,
  })[/([^/:]+):[^:]*$/.exec(image)?.[1] ?? ''] ?? 20;

/** Fetches an image. @throws Error with the runtime's words */
export async function pull(process: Process, image: string): Promise<void> {
  const { machine } = process;
  if ((await machine.images()).includes(image)) return;
  const registry = image.slice(0, image.indexOf('/'));
  const site = registry === 'docker.io' ? 'registry-1.docker.io' : registry;
  const failed = (why: string) => new Error(`failed to pull and unpack image "${image}": ${why}`);
  try {
    await process.sleep(machine.internet.reach(site) * 4);
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    throw failed(`failed to resolve reference "${image}": failed to do request: Head "https://${site}/v2/": ${error.message}`);
  }
  if (!isCarried(image)) throw failed(`failed to resolve reference "${image}": ${image}: not found`);
  // Some 25 MB a second, and unpacking.
  await process.sleep(250 + sizeOf(image) * 45);
  await machine.addImage(image);
}

async function crictl(process: Process, args: string[]): Promise<number> {
  const { machine } = process;
  const words: string[] = [];
  const has: Record<string, string> = {};
  const valued = new Set([
    '-t',
    '--timeout',
    '-r',
    '--runtime-endpoint',
    '-i',
    '--image-endpoint',
    '--config',
    '-o',
    '--output',
    '--template',
    '--namespace',
    '--state',
    '--name',
    '--label',
    '-n',
  ]);
  for (let i = 0; i < args.length; i++) {
    const [option, inline] = args[i]!.split(/=(.*)/s) as [string, string?];
    if (!option.startsWith('-')) words.push(args[i]!);
    else has[option.replace(/^--?/, '')] = inline ?? (valued.has(option) ? (args[++i] ?? '') : '');
  }
  const [verb = '', ...names] = words;
  const problem = await runtimeProblem(machine);
  if (problem) {
    await process.err(`FATA[0000] ${problem}\n`);
    return 1;
  }
  await process.sleep(15);
  const isQuiet = has.q !== undefined || has.quiet !== undefined;
  switch (verb) {
    case 'version':
      await process.out(
        `Version:  0.1.0\nRuntimeName:  containerd\nRuntimeVersion:  v${machine.containerdVersion}\nRuntimeApiVersion:  v1\n`,
      );
      return 0;
    case 'info':
      await process.out(
        `${JSON.stringify({ status: { conditions: [{ type: 'RuntimeReady', status: true }] }, config: {} }, null, 2)}\n`,
      );
      return 0;
    case 'images':
    case 'image': {
      const images = (await machine.images()).sort();
      const rows = images.map(image => [
        image.slice(0, image.lastIndexOf(':')),
        image.slice(image.lastIndexOf(':') + 1),
        idOf(image).slice(0, 13),
        `${sizeOf(image)}MB`,
      ]);
      if (has.o === 'json' || has.output === 'json')
        await process.out(
          `${JSON.stringify({ images: images.map(image => ({ id: `sha256:${idOf(image)}`, repoTags: [image] })) })}\n`,
        );
      else if (isQuiet) for (const image of images) await process.out(`sha256:${idOf(image)}\n`);
      else await process.out(`${table([['IMAGE', 'TAG', 'IMAGE ID', 'SIZE'], ...rows])}\n`);
      return 0;
    }
    case 'pull':
      try {
        await pull(process, names[0] ?? '');
        await process.out(`Image is up to date for sha256:${idOf(names[0] ?? '')}\n`);
        return 0;
      } catch (error) {
        await process.err(
          `E${new Date().toISOString().slice(5, 19).replace(/[-T]/g, '')} log.go:32] "PullImage from image service failed" err="rpc error: code = Unknown desc = ${(error as Error).message}" image="${names[0]}"\nFATA[0001] pulling image: rpc error: code = Unknown desc = ${(error as Error).message}\n`,
        );
        return 1;
      }
    case 'pods': {
      const pods = machine
        .pods()
        .filter(
          pod => (!has.namespace || pod.namespace === has.namespace) && (has.state?.toLowerCase() !== 'ready' || pod.isReady),
        );
      if (isQuiet) for (const pod of pods) await process.out(`${idOf(`${pod.namespace}/${pod.name}`)}\n`);
      else {
        await process.out('POD ID              CREATED             STATE               NAME                NAMESPACE\n');
        for (const pod of pods)
          await process.out(
            `${idOf(`${pod.namespace}/${pod.name}`).slice(0, 13)}       now                 ${pod.isReady ? 'Ready' : 'NotReady'}               ${pod.name}   ${pod.namespace}\n`,
          );
      }
      return 0;
    }
    case 'inspectp': {
      const pod = machine.pods().find(each => idOf(`${each.namespace}/${each.name}`).startsWith(names[0] ?? '-'));
      if (!pod) {
        await process.err(`FATA[0000] getting the status of the pod sandbox "${names[0] ?? ''}": rpc error: code = NotFound\n`);
        return 1;
      }
      await process.out(
        has.template?.includes('.info.pid')
          ? `${pod.pid}\n`
          : `${JSON.stringify({ info: { pid: pod.pid }, status: { metadata: { name: pod.name, namespace: pod.namespace } } })}\n`,
      );
      return 0;
    }
    case 'ps':
      if (has.o === 'json' || has.output === 'json')
        await process.out(`${JSON.stringify({ containers: containersOf(machine) }, null, 2)}\n`);
      else for (const pod of machine.pods()) if (isQuiet) await process.out(`${idOf(pod.name)}\n`);
      return 0;
    case 'rmp':
      return 0;
    default:
      await process.err(`No help topic for '${verb}'\n`);
      return 3;
  }
}

/** Containers as crictl has them in JSON. */
const containersOf = (machine: Machine) =>
  machine.pods().map(({ name, namespace, labels, images, isReady, createdAt }) => ({
    id: idOf(name),
    metadata: { name: containerName({ name, labels }), attempt: 0 },
    image: { userSpecifiedImage: images.at(-1) ?? '' },
    state: isReady ? 'CONTAINER_RUNNING' : 'CONTAINER_CREATED',
    createdAt: `${createdAt}000000`,
    labels: { 'io.kubernetes.pod.name': name, 'io.kubernetes.pod.namespace': namespace },
  }));

export const containers: Record<string, Program> = {
  kubelet: async process => {
    const { version = '' } = process.machine.packages.installed.get('kubelet') ?? {};
    return say(process, `Kubernetes v${version.replace(/-.*/, '')}\n`);
  },
  crictl,
  ctr: async (process, args) => {
    if (args.includes('version')) await process.out(`Client:\n  Version:  ${process.machine.containerdVersion}\n`);
    const [at] = ['tag', 'rm'].map(verb => args.indexOf(verb)).filter(index => index >= 0);
    if (args.includes('images') && at !== undefined) {
      const [from = '', to = ''] = args.slice(at + 1).filter(arg => !arg.startsWith('-'));
      if (args[at] === 'tag') await process.machine.addImage(to);
      else await process.machine.removeImage(from);
      return 0;
    }
    if (args.includes('ls') || args.includes('list'))
      for (const image of await process.machine.images()) await process.out(`${image}\n`);
    return 0;
  },
  containerd: async (process, args) => {
    if (args.includes('--version') || args.includes('-v'))
      await process.out(`containerd github.com/containerd/containerd/v2 v${process.machine.containerdVersion} 6a3f4d1\n`);
    else if (args[0] === 'config') await process.out(process.machine.runtimeConfiguration);
    return 0;
  },
  runc: async process => say(process, 'runc version 1.4.3\ncommit: v1.4.3-0-gd1fd8e4\nspec: 1.3.0\n'),
};
