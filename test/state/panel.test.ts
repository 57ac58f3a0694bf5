import { describe, expect, it } from 'vitest';
import type { Binding } from '../../source/components/keys.js';
import { matching } from '../../source/components/palette.js';
import { sparkline } from '../../source/components/spark.js';
import { nodeRows } from '../../source/engine/panel/rows.js';
import { type Order, shownRows } from '../../source/state/panel/order.js';
import { escapes } from '../../source/state/panel/shell.js';
import { type Cluster, commandOf } from '../../source/state/panel/source.js';
import { recordedPanel } from '../engine/panel/recorded.js';

describe('which nodes are shown', () => {
  const [first] = nodeRows(recordedPanel());
  const row = (host: string, change: Partial<typeof first>) => ({ ...first!, host, ...change });
  const rows = [
    row('n2', { level: 'ok', cpu: { percent: 5, history: [] }, disk: { mount: '/', usedPercent: 90 }, pods: 9 }),
    row('n10', { level: 'broken', cpu: null, disk: null, pods: null, role: 'worker' }),
    row('n1', { level: 'attention', cpu: { percent: 50, history: [] }, disk: { mount: '/', usedPercent: 10 }, pods: 2 }),
  ];
  const shown = (filter: string, order: Order, reversed = false) =>
    shownRows(rows, { filter, order, reversed }, 'en').map(({ host }) => host);

  it.each([
    ['given', ['n2', 'n10', 'n1']],
    ['name', ['n1', 'n2', 'n10']],
    ['state', ['n10', 'n1', 'n2']],
    ['cpu', ['n1', 'n2', 'n10']],
    ['disk', ['n2', 'n1', 'n10']],
    ['pods', ['n2', 'n1', 'n10']],
  ] as const)('sorted by %s', (order, wanted) => {
    expect(shown('', order)).toEqual(wanted);
    expect(shown('', order, true)).toEqual([...wanted].reverse());
  });

  it('hold every word of the filter, in whatever column', () => {
    expect(shown('n1', 'given')).toEqual(['n10', 'n1']);
    expect(shown('N1 worker', 'given')).toEqual(['n10']);
    expect(shown('nothing like it', 'given')).toEqual([]);
  });
});

it('what is described is shown as the command that is run: a node by the name that the cluster has for it, a pod in its namespace', () => {
  const panel = recordedPanel();
  const hosts = panel.hosts.map(host => (host.name === 'n11' ? { ...host, name: 'box' } : host));
  const cluster = { panel: { ...panel, hosts } } as Cluster;
  const command = (pod?: { namespace: string; name: string }) =>
    commandOf(cluster, { kind: 'describe', host: 'box', pod }, { range: { lines: 1 }, follow: false });
  expect(command()).toMatch(/ describe node n11$/);
  expect(command({ namespace: 'kube-system', name: 'coredns-x' })).toMatch(/ -n kube-system describe pod coredns-x$/);
});

it.each([
  [[], '    '],
  [[0, 100], '  ▁█'],
  [[0, 13, 50, 99, 100], '▂▅██'],
])('draws %j as %j', (percents, drawn) => {
  expect(sparkline(percents, 4)).toBe(drawn);
});

describe('what is typed into a shell', () => {
  it.each([
    [['ls\r'], 'ls\r', false],
    [['~', '.'], '', true],
    [['ls ~.\r'], 'ls ~.\r', false],
    [['ls\r', '~', '.', 'lost'], 'ls\r', true],
    [['~~'], '~', false],
    [['~/bin\r'], '~/bin\r', false],
    [['\r~x'], '\r~x', false],
  ])('%j', (inputs, sent, ended) => {
    let out = '';
    let isEnded = false;
    const type = escapes(
      input => {
        out += input;
      },
      () => {
        isEnded = true;
      },
    );
    for (const input of inputs) if (!isEnded) type(input);
    expect([out, isEnded]).toEqual([sent, ended]);
  });
});

describe('the palette', () => {
  const binding = (keys: string[], does: string): Binding => ({ keys, does, run: () => {} });
  const bindings = [
    binding(['d'], 'drain'),
    binding(['up', 'down'], 'move'),
    binding(['K'], 'restart kubelet'),
    binding(['?', 'f1'], 'help'),
  ];
  it.each([
    ['', ['drain', 'restart kubelet', 'help']],
    ['RE kub', ['restart kubelet']],
    ['d', ['drain']],
    ['xyz', []],
  ])('finds by %j', (typed, wanted) => {
    expect(matching(bindings, typed).map(({ does }) => does)).toEqual(wanted);
  });
});
