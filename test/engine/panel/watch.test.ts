import { expect, it } from 'vitest';
import type { Connector } from '../../../source/engine/fleet.js';
import type { PanelEvent } from '../../../source/engine/panel/state.js';
import { watchCluster } from '../../../source/engine/panel/watch.js';
import type { Remote, RunOptions } from '../../../source/engine/remote.js';
import { clusterSpec } from '../../../source/engine/spec/schema.js';

it('a host whose script ends at once is shown with the last lines of its complaint', async () => {
  const remote = {
    name: 'n1',
    access: 'root',
    run: async (_: unknown, { onLine }: RunOptions) => {
      for (const n of [1, 2, 3, 4, 5, 6]) onLine?.(`sh: ${n}: no such thing`, 'stderr');
      return { code: 127, stdout: '', stderr: '' };
    },
  } as unknown as Remote;
  const stop = new AbortController();
  const gone = await new Promise<Extract<PanelEvent, { type: 'gone' }>>(resolve =>
    watchCluster(
      clusterSpec.parse({ name: 'lab', hosts: [{ name: 'n1', address: '10.0.0.1', roles: ['control-plane'] }] }),
      { connect: async () => remote } as unknown as Connector,
      events => {
        const first = events.find(event => event.type === 'gone');
        if (first) resolve(first);
      },
      stop.signal,
    ),
  );
  stop.abort();
  expect(gone.problem.what.en).toBe('the host did not report: sh: 6: no such thing');
  expect(gone.problem.command).toMatchObject({
    exitCode: 127,
    lastLines: [2, 3, 4, 5, 6].map(n => `sh: ${n}: no such thing`),
  });
});
