import { describe, expect, it, onTestFinished } from 'vitest';
import { demoFleet } from '../../source/demo/index.js';
import { Problem } from '../../source/engine/errors.js';
import type { RemoteTerminal } from '../../source/engine/remote.js';

async function open() {
  const fleet = demoFleet({ hosts: 1 });
  onTestFinished(() => fleet.close());
  const connector = fleet.connector({ hostKey: async () => true, secret: async () => null });
  onTestFinished(() => connector.close());
  const remote = await connector.connect(fleet.spec, fleet.spec.hosts[0]!);
  const terminal = await remote.terminal({ columns: 80, rows: 24 });
  return { terminal, host: await fleet.host('n1'), shown: shownOn(terminal) };
}

function shownOn({ stream }: RemoteTerminal) {
  let text = '';
  let look = () => {};
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    look();
  });
  return (wanted: string) =>
    new Promise<string>(resolve => {
      look = () => text.includes(wanted) && resolve(text);
      look();
    });
}

describe('a shell on a terminal', () => {
  it('shows what is typed, keeps its state between lines, and ends with its exit code', async () => {
    const { terminal, shown } = await open();
    await shown('root@n1:/root# ');
    terminal.resize({ columns: 100, rows: 30 });
    terminal.stream.write('cd /etx\x7fc\r');
    await shown('root@n1:/etc# ');
    terminal.stream.write('greeting=hello; echo $greeting there\r');
    expect(await shown('hello there\r\n')).toContain('# greeting=hello; echo $greeting there\r\n');
    terminal.stream.write('exit 7\r');
    expect(await terminal.ended).toBe(7);
  });

  it('ends with Ctrl-D', async () => {
    const { terminal, shown } = await open();
    await shown('# ');
    terminal.stream.write('\x04');
    expect(await terminal.ended).toBe(0);
  });

  it('says so where the line breaks', async () => {
    const { terminal, host, shown } = await open();
    await shown('# ');
    host.drop();
    const problem = await terminal.ended.catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(Problem);
    expect((problem as Problem).details.code).toBe('lost');
  });
});
