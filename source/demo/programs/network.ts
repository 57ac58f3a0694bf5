import type { Program } from '../machine/machine.js';
import type { Process } from '../machine/process.js';
import { say } from '../shell/builtins.js';
import { Shell } from '../shell/shell.js';
import { nodeAnswer } from '../world/health.js';
import { NoAnswer } from '../world/internet.js';
import { perl } from './perl.js';

async function ip(process: Process, args: string[]): Promise<number> {
  const { machine } = process;
  const isOneLine = args.some(arg => /^-o/.test(arg));
  const [object = '', verb = 'show', ...rest] = args.filter(arg => !/^-(o|4|6|br|j|json|brief|oneline)$/.test(arg));
  const name = (wanted: string[]) => object !== '' && wanted.some(each => each.startsWith(object));
  if (name(['link'])) {
    if (verb === 'delete' || verb === 'del') {
      const at = machine.links.findIndex(link => link.name === rest.at(-1));
      if (at < 0) {
        await process.err(`Cannot find device "${rest.at(-1)}"\n`);
        return 1;
      }
      machine.links.splice(at, 1);
      return 0;
    }
    for (const [i, { name: link, mac }] of machine.links.entries()) {
      const kind = link === 'lo' ? 'loopback' : 'ether';
      const flags = link === 'lo' ? 'LOOPBACK,UP,LOWER_UP' : 'BROADCAST,MULTICAST,UP,LOWER_UP';
      await process.out(
        `${i + 1}: ${link}: <${flags}> mtu 1500 qdisc fq_codel state UP mode DEFAULT group default qlen 1000${isOneLine ? '\\' : '\n'}    link/${kind} ${mac} brd ff:ff:ff:ff:ff:ff\n`,
      );
    }
    return 0;
  }
  if (name(['address', 'addr'])) {
    for (const [i, { name: link, addresses }] of machine.links.entries()) {
      for (const address of addresses)
        await process.out(
          `${i + 1}: ${link}    inet ${address} scope ${link === 'lo' ? 'host' : 'global'} ${link}\\       valid_lft forever preferred_lft forever\n`,
        );
    }
    return 0;
  }
  if (name(['route'])) {
    if (verb === 'flush') {
      for (const link of machine.links) link.routes = link.routes.filter(route => !route.includes(rest.join(' ')));
      return 0;
    }
    for (const { name: link, addresses, routes } of machine.links) {
      for (const route of routes)
        await process.out(
          route.startsWith('blackhole')
            ? `${route} \n`
            : `${route} dev ${link}${route.startsWith('default') ? '' : ' proto kernel scope link'} \n`,
        );
      if (rest.includes('all') || args.includes('all'))
        for (const address of addresses)
          await process.out(
            `local ${address.split('/')[0]} dev ${link} table local proto kernel scope host src ${address.split('/')[0]} \n`,
          );
    }
    return 0;
  }
  return 0;
}

/** `-t`, `-u` or both; with one of them there is no column that says which. */
async function ss(process: Process, args: string[]): Promise<number> {
  const { machine } = process;
  const letters = args.join('');
  const wanted = ['tcp', 'udp'].filter(([letter]) => letters.includes(letter!));
  const sockets = [['tcp', '0.0.0.0', 22, 'sshd'] as const, ...machine.listening()];
  for (const [protocol, address, port, program] of sockets) {
    if (!wanted.includes(protocol)) continue;
    await process.out(
      `${wanted.length > 1 ? `${protocol} ` : ''}${protocol === 'tcp' ? 'LISTEN' : 'UNCONN'} 0 128 ${address}:${port} 0.0.0.0:*${program && process.isRoot ? ` users:(("${program}",pid=${600 + (port % 97)},fd=3))` : ''}\n`,
    );
  }
  return 0;
}

interface Request {
  urls: string[];
  outputs: string[];
  write: string;
  isHead: boolean;
  isFailing: boolean;
  isSilent: boolean;
  showsErrors: boolean;
  /** What is sent along. */
  data: string;
  /** Addresses of names, as `--resolve` gives them. */
  addresses: Map<string, string>;
}
const request = (): Request => ({
  urls: [],
  outputs: [],
  write: '',
  isHead: false,
  isFailing: false,
  isSilent: false,
  showsErrors: false,
  data: '',
  addresses: new Map(),
});

async function curl(process: Process, args: string[]): Promise<number> {
  const requests = [request()];
  const take = (option: string, value: string) => {
    const now = requests.at(-1)!;
    if (option === 'url') now.urls.push(value);
    else if (option === 'output' || option === 'o') now.outputs.push(value);
    else if (option === 'write-out' || option === 'w') now.write = value;
    else if (option === 'head' || option === 'I') now.isHead = true;
    else if (option === 'fail' || option === 'fail-with-body' || option === 'f') now.isFailing = true;
    else if (option === 'data' || option === 'd') now.data = value;
    else if (option === 'silent' || option === 's') now.isSilent = true;
    else if (option === 'resolve') {
      const [name = '', , address = ''] = value.split(':');
      now.addresses.set(name, address);
    } else if (option === 'show-error' || option === 'S') now.showsErrors = true;
    else if (option === 'next') requests.push({ ...request(), isSilent: now.isSilent });
  };
  const valued = new Set(
    'o w H K m X d u A C T r e x output write-out header config cert key max-time request data user user-agent connect-timeout max-filesize proto speed-limit speed-time data-urlencode retry cacert resolve noproxy'.split(
      ' ',
    ),
  );
  const readConfig = async (name: string) => {
    const text = name === '-' ? await process.readAll() : ((await process.fs.text(process.path(name))) ?? '');
    for (const line of text.split('\n')) {
      const [, option, value] = /^\s*([a-z-]+)(?:\s*=\s*"?((?:\\.|[^"\\])*)"?)?\s*$/.exec(line) ?? [];
      if (option) take(option, (value ?? '').replace(/\\(["\\])/g, '$1'));
    }
  };
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg.startsWith('--')) {
      const [option, inline] = arg.slice(2).split(/=(.*)/s) as [string, string?];
      const value = inline ?? (valued.has(option) ? args[++i]! : '');
      if (option === 'config') await readConfig(value);
      else take(option, value);
    } else if (arg.startsWith('-') && arg.length > 1) {
      for (let at = 1; at < arg.length; at++) {
        const letter = arg[at]!;
        if (!valued.has(letter)) {
          take(letter, '');
          continue;
        }
        const value = arg.slice(at + 1) || args[++i]!;
        if (letter === 'K') await readConfig(value);
        else take(letter, value);
        break;
      }
    } else take('url', arg);
  }
  let status = 0;
  for (const one of requests) {
    for (const [i, url] of one.urls.entries()) {
      const ended = await perform(process, one, url, one.outputs[i]);
      status ||= ended;
      if (ended && args.includes('--fail-early')) return status;
    }
  }
  return status;
}

async function perform(
  process: Process,
  { write, isHead, isFailing, isSilent, showsErrors, data, addresses }: Request,
  url: string,
  output: string | undefined,
): Promise<number> {
  let code = 0;
  let status = 0;
  let ms = 0;
  let body = '';
  try {
    const answer = (await nodeAnswer(process.machine, url, addresses, data)) ?? process.machine.internet.fetch(url);
    ms = answer.ms;
    await process.sleep(ms + answer.body.length / 20_000);
    code = answer.status;
    body = isHead
      ? `HTTP/2 ${code}\r\n${Object.entries(answer.headers)
          .map(([name, value]) => `${name}: ${value}\r\n`)
          .join('')}\r\n`
      : answer.body;
    if (isFailing && code >= 400) {
      status = 22;
      body = '';
      if (!isSilent || showsErrors) await process.err(`curl: (22) The requested URL returned error: ${code}\n`);
    }
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    status = error.exitCode;
    await process.sleep(120);
    if (!isSilent || showsErrors) await process.err(`curl: (${status}) ${error.message}\n`);
  }
  if (status === 0 || body) {
    if (output === undefined || output === '-') await process.out(body);
    else {
      const file = await process.machine.open(process, output, '>', false);
      await file.write(body, process);
    }
  }
  const values: Record<string, string> = {
    http_code: String(code).padStart(3, '0'),
    time_pretransfer: '0.000000',
    time_starttransfer: (ms / 1000).toFixed(6),
    time_total: (ms / 1000).toFixed(6),
    exitcode: String(status),
    url_effective: url,
  };
  if (write) await process.out(write.replace(/%\{(\w+)\}/g, (_, name: string) => values[name] ?? '').replaceAll('\\n', '\n'));
  return status;
}

async function nsenter(process: Process, args: string[]): Promise<number> {
  const argv = [...args];
  let target = '';
  while (argv[0]?.startsWith('-')) {
    const option = argv.shift();
    if (option === '-t') target = argv.shift() ?? '';
  }
  const pod = process.machine.pods().find(each => String(each.pid) === target);
  if (!pod) {
    await process.err(`nsenter: cannot open /proc/${target}/ns/net: No such file or directory\n`);
    return 1;
  }
  return new Shell(process).program(argv, { DEMO_POD_ADDRESS: pod.address }, true);
}

export const network: Record<string, Program> = {
  ip,
  ss,
  curl,
  nsenter,
  perl,
  nft: async (process, args) => (args[0] === 'list' && process.isRoot ? say(process, process.machine.ruleset) : 0),
  iptables: () => 0,
  ip6tables: () => 0,
  'iptables-save': async process => say(process, process.machine.firewall),
  'ip6tables-save': () => 0,
  'iptables-restore': async process => {
    process.machine.firewall = await process.readAll();
    return 0;
  },
  'ip6tables-restore': async process => {
    await process.readAll();
    return 0;
  },
};
