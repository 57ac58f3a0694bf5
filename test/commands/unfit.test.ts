import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apply } from '../../source/commands/apply.js';
import { preflight } from '../../source/commands/preflight.js';
import { probeScript } from '../../source/engine/facts/gather.js';
import type { Connector } from '../../source/engine/fleet.js';
import type { Remote, Script } from '../../source/engine/remote.js';
import { jsonView } from '../../source/views/json.js';
import { sessionWith } from './session.js';

const fresh = readFileSync(new URL('../engine/facts/recorded/debian-12-fresh.txt', import.meta.url), 'utf8');
const carried = `@@ upstream/kubernetes-packages
asked 200 0.05 0 https://pkgs.k8s.io/core:/stable:/v1.37/deb/InRelease
signed
version 1.37.1-1.1
version 1.37.2-1.1
@@ done
`;

/** Hosts that say what was recorded on a real one, and must not be asked for anything that changes them. */
const hostsThatSay = (facts: string): Connector => ({
  simulation: false,
  connect: async (_spec, { name }) =>
    ({
      name,
      user: 'root',
      access: 'root',
      run: async (script: Script) => ({ code: 0, stdout: script === probeScript ? facts : carried, stderr: '' }),
      job: () => Promise.reject(new Error('a host would have been changed')),
    }) as unknown as Remote,
  close: async () => {},
});

let folder: string;
const before = process.env.XDG_STATE_HOME;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'k8s-tui-unfit-'));
  process.env.XDG_STATE_HOME = folder;
});
afterAll(() => {
  rmSync(folder, { recursive: true });
  if (before === undefined) delete process.env.XDG_STATE_HOME;
  else process.env.XDG_STATE_HOME = before;
});

async function tried(command: typeof apply, { facts = fresh, kubernetes = 'v1.37.2' }) {
  const lines: string[] = [];
  const session = sessionWith({
    json: true,
    acceptNewHostKeys: false,
    print: line => lines.push(line),
    view: () => jsonView(line => lines.push(line)),
    connector: () => hostsThatSay(facts),
  });
  const file = join(folder, 'cluster.yaml');
  writeFileSync(
    file,
    `name: lab\nkubernetes: ${kubernetes}\nhosts: [{name: n4, address: 10.77.0.14, roles: [control-plane]}]\n`,
  );
  const code = await command(session, file);
  return { code, said: lines.map(line => JSON.parse(line)) };
}

describe.each([
  ['apply', apply],
  ['preflight', preflight],
])('%s stops before any host is changed', (_name, command) => {
  it.each([
    [
      'an operating system that is not supported',
      { facts: fresh.replace('ID=debian', 'ID=alpine').replace(/Debian GNU\/Linux 12 \(bookworm\)/, 'Alpine Linux v3.20') },
      'os-unsupported',
      /Alpine Linux v3\.20/,
    ],
    [
      'a full disk',
      { facts: fresh.replace(/^(?<head>\/dev\/\S+ +\d+ +\d+) +\d+ +\d+% \//gm, '$<head> 400000 100% /') },
      'disk-full',
      /^\/ has 0\.4 GiB free/,
    ],
    [
      'a version that the source does not carry',
      { kubernetes: 'v1.37.9' },
      'version-not-carried',
      /^upstream does not carry Kubernetes v1\.37\.9/,
    ],
  ])('for %s', async (_what, wrong, id, words) => {
    const { code, said } = await tried(command, wrong);
    expect(code).toBe(3);
    const stops = said.filter(({ type, level }) => type === 'finding' && level === 'stop');
    const stop = stops.find(finding => finding.id === id);
    expect(stop, JSON.stringify(stops)).toBeDefined();
    expect(stop.what.en).toMatch(words);
    expect(stop.remedy.en).toMatch(/\w/);
    expect(said.at(-1)).toMatchObject({
      type: 'note',
      text: { en: expect.stringMatching(/no(thing| host) has been changed/) },
    });
  });
});
