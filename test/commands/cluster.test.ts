import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { apply } from '../../source/commands/apply.js';
import { openCluster } from '../../source/commands/cluster.js';
import { type DemoFleet, demoFleet } from '../../source/demo/index.js';
import type { ClusterSpec } from '../../source/engine/spec/schema.js';
import { writeSpec } from '../../source/engine/spec/write.js';
import { ownFolder, sessionWith } from './session.js';

let folder: string;
let fleet: DemoFleet;
beforeEach(() => {
  folder = ownFolder();
  fleet = demoFleet({ hosts: 3, speed: Number.POSITIVE_INFINITY });
});
afterEach(() => fleet.close());

const ask = { hostKey: async () => true, secret: async () => null };
const session = sessionWith({ connector: () => fleet.connector(ask) });

async function install(spec: ClusterSpec): Promise<void> {
  const file = join(folder, 'cluster.yaml');
  writeFileSync(file, writeSpec(spec));
  expect(await apply(session, file)).toBe(0);
}

it('a cluster that was installed from here is entered as it was then, by the kubeconfig alone; so is what joins it', async () => {
  const [first, second, third] = fleet.spec.hosts;
  await install({ ...fleet.spec, hosts: [first!, second!] });
  const { spec, connector, readAgain } = await openCluster(session, {}, { note: () => {} });
  expect(spec.hosts.map(({ name }) => name)).toEqual(['n1', 'n2']);

  // From here, by a way in of its own; the session tells it.
  await install({ ...fleet.spec, hosts: [first!, second!, { ...third!, ssh: { user: 'ops' } }] });
  const ways = connector(ask);
  const remote = await ways.connect(spec, spec.hosts[0]!, session.stop);
  const grown = await readAgain!(remote, spec.hosts[0]!);
  expect([grown?.name, grown?.ssh]).toEqual([spec.name, spec.ssh]);
  expect(grown?.hosts.map(({ name, ssh }) => [name, ssh?.user])).toEqual([
    ['n1', first!.ssh?.user],
    ['n2', second!.ssh?.user],
    ['n3', 'ops'],
  ]);
  await ways.close();
});
