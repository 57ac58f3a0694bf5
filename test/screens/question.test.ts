import { expect, it } from 'vitest';
import { lineText, lineWidth } from '../../source/components/line.js';
import { catalogues } from '../../source/i18n/index.js';
import { question } from '../../source/screens/question.js';
import type { Question } from '../../source/state/questions.js';
import { firstState } from '../../source/state/state.js';

const fingerprint = `SHA256:${'A'.repeat(43)}`;
const asked = (host: string, address: string, type = 'ssh-ed25519'): Question => ({
  id: 1,
  askedAt: 0,
  kind: 'host-key',
  host,
  address,
  type,
  fingerprint,
});
const shown = (columns: number, ...questions: Question[]) =>
  question.lines({
    app: {} as never,
    state: { ...firstState('en', 0), questions },
    t: catalogues.en,
    columns,
  });

it.each([
  ['a short name', asked('n1', '10.77.0.25')],
  ['a long name', asked('control-plane-1.example.org', '10.77.0.25', 'ecdsa-sha2-nistp256')],
  ['a jump host, which has no name', asked('192.168.100.125', '192.168.100.125')],
  ['a jump host at another port', asked('192.168.100.125', '[192.168.100.125]:2222')],
  ['an address of IPv6', asked('n1', '[fd00:1234:5678:9abc:def0:1234:5678:9abc]:2222')],
])('shows the fingerprint of %s whole, however narrow the screen', (_, key) => {
  for (let columns = 59; columns < 150; columns++) {
    const lines = shown(columns, key, asked('n2', '10.77.0.26'));
    expect(
      lines.filter(line => lineText(line).includes(fingerprint)),
      `at ${columns}`,
    ).toHaveLength(2);
    for (const line of lines) expect(lineWidth(line), `at ${columns}`).toBeLessThanOrEqual(columns);
  }
});

it('names a host once that has no other name than its address', () => {
  const text = shown(79, asked('10.77.0.25', '10.77.0.25')).map(lineText).join('\n');
  expect(text.split('10.77.0.25')).toHaveLength(2);
});
