import { expect, it } from 'vitest';
import { specChanges } from '../../../source/engine/spec/changes.js';
import { clusterSpec } from '../../../source/engine/spec/schema.js';

const n = (number: number, more = {}) => ({ name: `n${number}`, address: `10.0.0.${number}`, ...more });
const plane = { roles: ['control-plane'] };
const spec = (change = {}) => clusterSpec.parse({ name: 'lab', hosts: [n(1, plane), n(2)], ...change });
const said = (change: object) => specChanges(spec(), spec(change)).map(({ en }) => en);

it.each([
  [{}, []],
  [{ mirror: 'aliyun' }, ['mirror: was upstream, is now aliyun']],
  [{ network: { pods: '10.9.0.0/16' } }, ['network.pods: was 10.244.0.0/16, is now 10.9.0.0/16']],
  [{ network: { proxy: 'ipvs' } }, [expect.stringMatching(/^network.proxy: .*reset and install anew/)]],
  [{ timeServers: ['a.b', 'c.d'] }, ['timeServers: was nothing, is now a.b, c.d']],
  [{ ssh: { user: 'ops' } }, ['ssh.user: was nothing, is now ops']],
  [{ hosts: [n(1, plane), n(2, { roles: ['worker'] })] }, ['hosts.n2.roles: was nothing, is now worker']],
  [{ hosts: [n(1, plane), n(2), n(3)] }, ['n3 is new']],
  [{ hosts: [n(1, plane)] }, [expect.stringMatching(/^n2 is no longer in the file; what was done there stays as it is/)]],
  [{ hosts: [n(2)] }, [expect.stringMatching(/^n1 is no longer .* stays a member of etcd\. .* reset --host n1/)]],
])('a change to %j is said as %j', (change, words) => expect(said(change)).toEqual(words));
