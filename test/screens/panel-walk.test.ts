import { afterEach, describe, expect, it } from 'vitest';
import { Problem } from '../../source/engine/errors.js';
import { openPanel } from '../harness/panel.js';
import { keys } from '../harness/terminal.js';

let open: ReturnType<typeof openPanel>[] = [];
const start = (...given: Parameters<typeof openPanel>) => {
  const panel = openPanel(...given);
  open.push(panel);
  return panel;
};
afterEach(async () => {
  for (const { app, exit } of open) {
    app.quit(0);
    await exit;
  }
  open = [];
});

describe('the nodes', () => {
  it('stand in rows, with the cluster in one line above them', async () => {
    const { terminal, exit } = start();
    await terminal.until(/n10 +control +. Ready/);
    await terminal.until(/v1\.37\.2 · 2 nodes · API ready \d+ ms · etcd 1/);
    expect(terminal.text).toMatch(/n11 +worker/);
    expect(terminal.text).toContain('● api-server');
    terminal.type('q');
    expect(await exit).toBe(0);
    await terminal.until(() => !terminal.isAlternate);
  });

  it('show a host that is cut off with the reason, and without it when it is back', async () => {
    const { terminal, fleet } = start();
    await terminal.until(/n10 +control +. Ready[^\n]*\n +n11 +worker +. Ready/);
    fleet.cut('n11');
    await terminal.until(/n11 +worker +✗ silent +.*nothing/);
    terminal.type(keys.down);
    await terminal.until('✗ nothing answers at n11');
    expect(terminal.text).toMatch(/n10 +control +. Ready/);
    fleet.mend('n11');
    await terminal.until(screen => !screen.includes('silent'));
  });

  it('are filtered and sorted, and the chosen one stays chosen', async () => {
    const { terminal, app } = start({ hosts: 12 });
    await terminal.until(/n21 +worker/);
    terminal.type('/n2');
    await terminal.until('2 of 12 shown');
    terminal.type(keys.enter);
    await terminal.until('/ n2');
    expect(terminal.text).not.toContain('n11  ');
    terminal.type(keys.esc);
    await terminal.until(/n11 +worker/);
    app.choose('n12');
    terminal.type('oo');
    await terminal.until('sorted by name');
    terminal.type('O');
    await terminal.until('sorted by name, reversed');
    await terminal.until(/▸ +n12/);
  });
});

describe('inside a node', () => {
  it('are its components, with what each is there for', async () => {
    const { terminal } = start();
    await terminal.until(/n10 +control +. Ready/);
    terminal.type(keys.enter);
    await terminal.until('The door of the cluster');
    expect(terminal.text).toMatch(/cloud-controller +not installed/);
    terminal.type(keys.tab);
    await terminal.until(/Ready +● True/);
    terminal.type(keys.tab);
    await terminal.until('/etc/kubernetes/pki/ca.crt');
    terminal.type(keys.tab);
    await terminal.until('/etc/crictl.yaml');
    terminal.type(keys.enter);
    await terminal.until('kind: Pod');
    terminal.type(keys.esc);
    await terminal.until('/etc/crictl.yaml');
    terminal.type(keys.esc);
    await terminal.until('2 nodes\n');
  });

  it('the kubelet log is one key: it follows, is searched, wrapped, and read over another time', async () => {
    const { terminal, fleet } = start();
    await terminal.until(/n10 +control +. Ready/);
    terminal.type('k');
    await terminal.until('line 300 of n10');
    expect(terminal.text).toContain('$ journalctl -u kubelet -n 100 --no-pager -f');
    expect(terminal.text).toContain('● following');
    terminal.type(keys.up);
    await terminal.until('paused, 1 below');
    terminal.type('/line 100 \r');
    await terminal.until('▸ line 100 of n10');
    terminal.type('w');
    terminal.type('G');
    await terminal.until('● following');
    terminal.type('t');
    await terminal.until('last 5 min');
    expect(fleet.commands.at(-1)).toContain('--since=-300s');
    terminal.type('f');
    await terminal.until(/--no-pager\n/);
    expect(terminal.text).not.toContain('--no-pager -f');
  });
});

describe('a shell', () => {
  it('has the terminal, and gives it back whole', async () => {
    const { terminal, fleet } = start();
    await terminal.until(/n10 +control +. Ready/);
    terminal.type('s');
    await terminal.until('Shell on n10');
    expect(terminal.isAlternate).toBe(false);
    terminal.type('q\x1b[A');
    await terminal.until('heard "\\u001b[A"');
    expect(fleet.typed.join('')).toBe('q\x1b[A');
    fleet.endShell();
    await terminal.until('The shell on n10 ended');
    expect(terminal.isAlternate).toBe(true);
    expect(terminal.text).toMatch(/n10 +control +. Ready/);
  });

  it('whose line dies gives it back as well, and says why', async () => {
    const { terminal, fleet } = start();
    await terminal.until(/n10 +control +. Ready/);
    terminal.type('s');
    await terminal.until('Shell on n10');
    terminal.stdout.write('\x1b[?1049h\x1b[2;5r\x1b[?1000h');
    fleet.endShell(
      new Problem({ code: 'lost', what: { en: 'the line broke', zh: '' }, remedy: { en: '', zh: '' }, host: 'n10' }),
    );
    await terminal.until('The shell on n10 is gone: the line broke');
    expect(terminal.rows[0]).toContain('panel');
    expect(terminal.raw.join('')).toContain('\x1b[?1000l');
  });

  it('that hangs is left with Enter ~ .', async () => {
    const { terminal } = start();
    await terminal.until(/n10 +control +. Ready/);
    terminal.type('s');
    await terminal.until('Shell on n10');
    terminal.type('\r~.');
    await terminal.until('The shell on n10 is gone');
  });
});

describe('an act', () => {
  it('shows its commands, and runs only on a yes', async () => {
    const { terminal, fleet } = start();
    await terminal.until(/n10 +control +. Ready/);
    terminal.type('d');
    await terminal.until('drain n10');
    await terminal.until('$ kubectl --kubeconfig /etc/kubernetes/admin.conf drain n10');
    terminal.type(keys.enter);
    terminal.type(keys.esc);
    await terminal.until(screen => !screen.includes('These commands'));
    expect(fleet.commands).toEqual([]);
    terminal.type('d');
    await terminal.until('These commands will be run');
    terminal.type('y');
    await terminal.until('pod/web-1 evicted');
    await terminal.until('Done: drain n10');
    expect(fleet.commands).toHaveLength(1);
  });

  it('is found in the palette by its words', async () => {
    const { terminal } = start();
    await terminal.until(/n10 +control +. Ready/);
    terminal.type(':restart kub');
    await terminal.until('restart kubelet');
    terminal.type(keys.enter);
    await terminal.until('$ systemctl restart kubelet');
  });

  it('is copied to the clipboard as a command', async () => {
    const { terminal } = start();
    await terminal.until(/n10 +control +. Ready/);
    terminal.type('c');
    await terminal.until('These commands will be run');
    terminal.type('Y');
    await terminal.until("Sent to the terminal's clipboard: one line");
    const copied = /\x1b\]52;c;([^\x07]+)\x07/.exec(terminal.raw.join(''))![1]!;
    expect(Buffer.from(copied, 'base64').toString()).toBe('kubectl --kubeconfig /etc/kubernetes/admin.conf cordon n10');
  });
});

describe('the cluster', () => {
  it('is told by conditions, pods, events and etcd', async () => {
    const { terminal } = start();
    await terminal.until(/n10 +control +. Ready/);
    terminal.type(keys.tab);
    await terminal.until(/hosts answer +● 2 of 2/);
    terminal.type(keys.tab);
    await terminal.until('Every pod runs');
    terminal.type(keys.tab);
    await terminal.until(/node n1\d +RegisteredNode/);
    terminal.type(keys.tab);
    await terminal.until(/n10 +leader/);
  });
});
