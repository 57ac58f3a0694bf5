import { writeFile } from 'node:fs/promises';
import { placeOf } from '../../engine/discover/candidate.js';
import type { Inside } from '../../engine/discover/look.js';
import { reach, reachFindings } from '../../engine/discover/reach.js';
import { closingRules } from '../../engine/discover/reach-rules.js';
import { propose, type Ready } from '../../engine/discover/roles.js';
import { Problem } from '../../engine/errors.js';
import { clusterSpec } from '../../engine/spec/schema.js';
import { writeSpec } from '../../engine/spec/write.js';
import type { Text } from '../../engine/text.js';
import type { View } from '../../views/view.js';
import { type ExitCode, exit } from '../exit.js';
import type { Session } from '../session.js';
import type { Row } from './row.js';

/** Writes a cluster.yaml of the hosts that are ready, after they were looked at as a group. */
export async function writeCluster(output: string, rows: readonly Row[], session: Session, view: View): Promise<ExitCode> {
  const note = (text: Text) => view.event({ at: Date.now(), type: 'note', text });
  const ready: Ready[] = [];
  const remotes = new Map<string, Inside>();
  for (const { host, inside, key } of rows) {
    if (!inside) note(said.leftOut(host.address, said.notEntered));
    else if (inside.facts.access === 'none') note(said.leftOut(host.address, inside.remote.noRoot?.what ?? said.noRoot));
    else if (inside.facts.cluster.state !== 'none') note(said.leftOut(host.address, said.inCluster));
    else {
      ready.push({ ...host, facts: inside.facts, hostKey: key?.fingerprint ?? null });
      remotes.set(placeOf(host), inside);
    }
  }
  if (!ready.length) {
    note(said.nothingToWrite);
    return exit.unfit;
  }
  const { hosts, findings, notes, isPublic } = propose(ready);
  notes.forEach(note);
  if (isPublic.length && !session.yes) {
    const answer = await session.terminal?.line(said.askPublic(isPublic)[session.language]);
    if (answer?.trim().toLowerCase() !== 'yes') throw publicAddresses(isPublic);
  }
  const spec = clusterSpec.parse({ hosts });
  const byName = spec.hosts.map(
    host => [host.name, remotes.get(placeOf({ address: host.address, port: host.ssh?.port }))!] as const,
  );
  const facts = Object.fromEntries(byName.map(([name, inside]) => [name, inside.facts]));
  const open = Object.fromEntries(byName.map(([name, inside]) => [name, inside.remote]));
  const tried = await reach(spec, open, { signal: session.stop });
  const rules = await closingRules(tried, open, session.stop);
  if (session.json) for (const each of tried) session.print(JSON.stringify({ at: Date.now(), type: 'reach', ...each }));
  view.findings([...findings, ...reachFindings(spec, facts, tried, rules)]);
  await writeFile(output, writeSpec({ hosts }), { mode: 0o600, flag: session.yes ? 'w' : 'wx' }).catch((error: Error) => {
    throw unwritable(output, error.message);
  });
  note(said.written(output, hosts.length));
  return exit.ok;
}

const said = {
  notEntered: { en: 'it could not be logged in to', zh: '未能登录' },
  noRoot: { en: 'there is no way to become root', zh: '无法获得 root 权限' },
  inCluster: { en: 'it is or was part of a cluster', zh: '它属于或曾属于某个集群' },
  nothingToWrite: { en: 'no host is ready, so no file is written', zh: '没有可用的主机，未写入文件' },
  leftOut: (address: string, why: Text): Text => ({
    en: `${address} is left out: ${why.en}`,
    zh: `已排除 ${address}：${why.zh}`,
  }),
  askPublic: (names: string[]): Text => ({
    en: `The nodes of ${names.join(', ')} would be known by public addresses: the cluster's traffic would cross the internet. Type yes to go on: `,
    zh: `${names.join('、')} 将以公网地址作为节点地址：集群流量会经过互联网。输入 yes 继续：`,
  }),
  written: (file: string, hosts: number): Text => ({
    en: `${file} was written with ${hosts} ${hosts === 1 ? 'host' : 'hosts'}; look at it, then: k8s-tui preflight -f ${file}`,
    zh: `已写入 ${file}，共 ${hosts} 台主机；请查看后执行：k8s-tui preflight -f ${file}`,
  }),
};

export const inTheWay = (file: string) =>
  new Problem({
    code: 'spec',
    what: { en: `there is a file ${file} already`, zh: `文件 ${file} 已存在` },
    remedy: { en: 'Write to another file, or use --yes to overwrite it.', zh: '请写入其他文件，或使用 --yes 覆盖。' },
  });

const publicAddresses = (names: string[]) =>
  new Problem({
    code: 'preflight',
    what: {
      en: `${names.join(', ')} would be known to the other nodes by public addresses; no file is written`,
      zh: `${names.join('、')} 将以公网地址作为节点地址；未写入文件`,
    },
    remedy: {
      en: 'Give the hosts a private network in common; or use --yes if public addresses are meant.',
      zh: '请为主机配置共同的内网；若确实要使用公网地址，请加 --yes。',
    },
  });

export const unwritable = (file: string, why: string) =>
  new Problem({
    code: 'spec',
    what: { en: `${file} cannot be written: ${why}`, zh: `无法写入 ${file}：${why}` },
    remedy: { en: 'Make the folder writable, or name another file.', zh: '请使该目录可写，或指定其他文件。' },
  });
