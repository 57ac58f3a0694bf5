import { expect, it, onTestFinished } from 'vitest';
import { demoFleet } from '../../source/demo/index.js';
import { lazyEngine } from '../../source/state/lazy-engine.js';
import { keys } from '../harness/terminal.js';
import { openWalk } from '../harness/walk.js';

it('leads by keys from a network to Options, on hosts that were found', async () => {
  const fleet = demoFleet({ speed: Number.POSITIVE_INFINITY });
  const { terminal, exit } = openWalk({
    parts: { connector: fleet.connector, ground: fleet.ground, engine: lazyEngine },
  });
  onTestFinished(async () => {
    for (let n = 0; n < 4; n++) terminal.type(keys.ctrlC);
    await exit;
    fleet.close();
  });
  await terminal.until('New cluster');
  terminal.type(keys.enter);
  await terminal.until('Which servers');
  terminal.type('10.0.0.0/24\r');
  await terminal.until('Scan which networks?');
  expect(terminal.text).toContain('254 addresses, port 22');
  terminal.type(keys.enter);
  await terminal.until('4 found · 0 chosen');
  await terminal.until('10.0.0.0/24 scanned');
  expect(terminal.text).toMatch(/○ +— +10\.0\.0\.1 +✗ no SSH +port 22 refused/);

  terminal.type('o');
  terminal.type('o');
  await terminal.until('sorted by address');
  terminal.type('a');
  await terminal.until('4 found · 3 chosen');
  expect(terminal.text).toMatch(/◉ +n\d +10\.0\.0\.13 +(worker|control plane)/);

  terminal.type('t');
  await terminal.until('2 known · 1 new');
  expect(terminal.text.match(/SHA256:[A-Za-z0-9+/]{43}/g)).toHaveLength(3);
  terminal.type('v');
  await terminal.until('[ED25519 256]');
  terminal.type('A');
  await terminal.until('3 known · 0 new');
  terminal.type('v');
  terminal.type(keys.esc);
  await terminal.until('4 found · 3 chosen');

  terminal.type(keys.enter);
  await terminal.until('All hosts are ready', 30_000);
  expect(terminal.text).toMatch(/10\.0\.0\.11 +control plane +✓ root +Debian 12/);
  terminal.type(keys.enter);
  await terminal.until('Everything comes from upstream', 60_000);
  terminal.type(keys.enter);
  await terminal.until('Every default works');
}, 90_000);
