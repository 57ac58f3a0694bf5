import { describe, expect, it } from 'vitest';
import { byPassword, Person, problemOf, startHost, startOperator } from './server.js';

/** As much of sudo as is used here. `$POLICY` says what it allows; the password is `right`. */
const sudo = (policy: 'free' | 'password' | 'denied') => `#!/bin/sh
while [ $# -gt 0 ]; do
  case $1 in
  -n) n=1 ;;
  -k) ;;
  -S) s=1 ;;
  -p) prompt=$2; shift ;;
  --) shift; break ;;
  esac
  shift
done
if [ ${policy} = free ]; then exec "$@"; fi
if [ "$n" ]; then echo 'sudo: a password is required' >&2; exit 1; fi
echo 'We trust you have received the usual lecture.' >&2
for attempt in 1 2 3; do
  printf %s "$prompt" >&2
  IFS= read -r answer || exit 1
  echo >&2
  if [ "$answer" = right ]; then
    if [ ${policy} = denied ]; then echo 'ops is not in the sudoers file.' >&2; exit 1; fi
    exec "$@"
  fi
  echo 'Sorry, try again.' >&2
done
exit 1
`;
const asOps = { id: '#!/bin/sh\necho 1000\n' };
const open = async (policy: Parameters<typeof sudo>[0], ask: Person, secrets = {}, faults = {}) => {
  const there = await startHost({ programs: { ...asOps, sudo: sudo(policy) }, ...faults });
  const made = startOperator({ acceptNewHostKeys: true, ask, secrets });
  const remote = await made.connect(there, { user: 'ops' });
  return { there, remote, asked: ask.asked };
};

describe('root is reached', () => {
  it('by sudo that asks nothing', async () => {
    const { remote, asked, there } = await open('free', new Person());
    expect([remote.access, asked]).toEqual(['sudo', []]);
    expect((await remote.run('echo out; exit 4')).code).toBe(4);
    expect(there.commands.at(-1)).toBe('sudo -n -- /bin/sh -s');
  });

  it('by sudo with a password, asked for once, sent after the prompt, on no command line', async () => {
    const { remote, asked, there } = await open('password', new Person({ secrets: ['right'] }));
    expect([remote.access, asked]).toEqual(['sudo-with-password', ['sudo of ops on n1, attempt 1']]);
    expect(await remote.run('echo out; echo err >&2; exit 4', { variables: { A: 'b' } })).toEqual({
      code: 4,
      stdout: 'out\n',
      stderr: 'err\n',
    });
    expect(await remote.run('cat')).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(asked).toHaveLength(1);
    expect(there.commands.join()).not.toContain('right');
  });

  it('by a password that was wrong at first', async () => {
    const { remote, asked } = await open('password', new Person({ secrets: ['wrong', 'right'] }));
    expect([remote.access, asked]).toEqual([
      'sudo-with-password',
      ['sudo of ops on n1, attempt 1', 'sudo of ops on n1, attempt 2'],
    ]);
  });

  it('by the password of the login, or of the environment, without a question', async () => {
    const first = await open('password', new Person({ secrets: ['right'] }), {}, { login: byPassword('right') });
    expect([first.remote.access, first.asked]).toEqual(['sudo-with-password', ['password of ops on n1, attempt 1']]);
    const second = await open('password', new Person(), { sudo: 'right' });
    expect([second.remote.access, second.asked]).toEqual(['sudo-with-password', []]);
  });
});

describe('root is not reached', () => {
  const reason = async (opened: ReturnType<typeof open>) => {
    const { remote } = await opened;
    expect(remote.access).toBe('none');
    const problem = await problemOf(remote.run('true'));
    expect(problem).toMatchObject({ code: 'sudo', host: 'n1', place: 'hosts[0].ssh.user' });
    expect(await problemOf(remote.job('prepare', 'true', { onLine: () => {} }))).toEqual(problem);
    expect((await remote.run('echo as ops', { asRoot: false })).stdout).toBe('as ops\n');
    return problem.what.en;
  };
  it('by two wrong passwords, and no third is tried', async () => {
    const person = new Person({ secrets: ['wrong', 'wrong', 'right'] });
    expect(await reason(open('password', person))).toContain('sudo did not accept the password');
    expect(person.asked).toHaveLength(2);
  });
  it('by two wrong passwords where sudo asks only once', async () => {
    const once = sudo('password')
      .replace('for attempt in 1 2 3', 'for attempt in 1')
      .replace('Sorry, try again.', 'sudo: 1 incorrect password attempt');
    const person = new Person({ secrets: ['wrong', 'wrong'] });
    expect(await reason(open('password', person, {}, { programs: { ...asOps, sudo: once } }))).toContain(
      'sudo did not accept the password',
    );
    expect(person.asked).toHaveLength(2);
  });
  it('without an answer', async () => {
    expect(await reason(open('password', new Person()))).toContain('none was given');
  });
  it('by who may not', async () => {
    expect(await reason(open('denied', new Person({ secrets: ['right'] })))).toContain(
      'sudo says: ops is not in the sudoers file.',
    );
  });
});

it('says which line helps where sudo wants a terminal', async () => {
  const programs = { ...asOps, sudo: '#!/bin/sh\necho "sudo: sorry, you must have a tty to run sudo" >&2\nexit 1\n' };
  const there = await startHost({ programs });
  const made = startOperator({ acceptNewHostKeys: true, ask: new Person({ secrets: ['right'] }) });
  const remote = await made.connect(there, { user: 'ops' });
  expect(remote.noRoot?.what.en).toContain('you must have a tty');
  expect(remote.noRoot?.remedy.en).toContain('"Defaults:ops !requiretty" into /etc/sudoers.d/ops');
});

it('says so when the password is no longer right', async () => {
  const { remote, there } = await open('password', new Person({ secrets: ['right'] }));
  await remote.run(`sed -i 's/= right/= changed/' ${there.directory}/sudo`);
  const problem = await problemOf(remote.run('true'));
  expect(problem).toMatchObject({ code: 'sudo' });
  expect(JSON.stringify(problem)).not.toContain('right');
});
