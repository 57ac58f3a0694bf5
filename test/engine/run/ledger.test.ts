import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import prelude from '../../../source/engine/plan/prelude.sh';
import undo from '../../../source/engine/run/undo.sh';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'k8s-tui-ledger-'));
  mkdirSync(join(root, 'etc'));
  writeFileSync(join(root, 'mounts'), '');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** The real prelude and the real undo, with the ledger, dpkg's own folder and the list of mounts in one of the test. */
function script(text: string) {
  const at = (shell: string) =>
    shell
      .replaceAll('/var/lib/k8s-tui', `${root}/ledger`)
      .replaceAll('/run/k8s-tui', `${root}/run`)
      .replaceAll('/var/lib/dpkg', `${root}/dpkg`)
      .replaceAll('/proc/mounts', `${root}/mounts`);
  return spawnSync('sh', ['-c', `${at(prelude)}\ncluster=lab\n${at(undo)}\nsystemctl() { :; }\n${text}`], {
    cwd: root,
    encoding: 'utf8',
  });
}
const tree = () =>
  execFileSync(
    'sh',
    ['-c', 'find etc | sort; find etc -type f -exec sh -c \'for f; do echo "$f $(stat -c %a "$f")"; cat "$f"; done\' _ {} +'],
    { cwd: root, encoding: 'utf8' },
  );

describe('a job that a killed run has left at work', () => {
  it('is ended before anything is undone', () => {
    const { stdout } = script(`
      mkdir -p ${root}/run
      echo ours | put ${root}/etc/first 644
      setsid sh -c 'echo $$ > ${root}/run/images.pid; : > ${root}/run/images.end; sleep 20' &
      while [ ! -e ${root}/run/images.end ]; do :; done
      systemctl() { [ "$1" != stop ] || kill -s KILL -- "-$(cat ${root}/run/images.pid)"; }
      [ "$(at_work)" = images ] && replay
      wait "$!" || echo "ended by $?"
      [ -z "$(at_work)" ] && echo alone`);
    expect(stdout).toMatch(
      /end of what is still at work here: images[\s\S]*undo: file absent .*first[\s\S]*^ended by 1(37|43)\nalone$/m,
    );
  });
});

describe('the ledger', () => {
  it('takes down what is mounted in a tree, and overlays elsewhere that are made of it', () => {
    const mounts = [
      'tmpfs /run tmpfs rw 0 0',
      `tmpfs ${root}/etc/tree/in tmpfs rw 0 0`,
      `overlay /run/task/rootfs overlay rw,lowerdir=${root}/etc/tree/1:${root}/etc/tree/2,upperdir=${root}/etc/tree/3 0 0`,
      `overlay /run/other overlay rw,lowerdir=${root}/etc/treehouse/1,upperdir=/srv/up 0 0`,
    ];
    writeFileSync(join(root, 'mounts'), `${mounts.join('\n')}\n`);
    const { stdout } = script(`umount() { echo "umount $*"; }; undo_tree absent ${root}/etc/tree`);
    expect(stdout).toBe(`umount -l ${root}/etc/tree/in\numount -l /run/task/rootfs\n`);
  });

  it('brings back files, folders, blocks and trees, byte for byte', () => {
    writeFileSync(join(root, 'etc/config'), 'as it was', { mode: 0o640 });
    writeFileSync(join(root, 'etc/hosts'), '127.0.0.1 localhost\n');
    const before = tree();
    const done = script(`
      echo new | put ${root}/etc/config 644
      echo again | put ${root}/etc/config 644
      echo other | put ${root}/etc/deep/er/file 600
      echo '10.0.0.1 n1' | block ${root}/etc/hosts
      echo '10.0.0.2 n2' | block ${root}/etc/hosts
      claim ${root}/etc/tree
      mkdir -p ${root}/etc/tree/of && echo grown > ${root}/etc/tree/of/things
    `);
    expect(done).toMatchObject({ status: 0, stderr: '' });
    expect(readFileSync(join(root, 'etc/config'), 'utf8')).toBe('again\n');
    expect(readFileSync(join(root, 'etc/hosts'), 'utf8')).toBe(
      '127.0.0.1 localhost\n# BEGIN k8s-tui\n10.0.0.2 n2\n# END k8s-tui\n',
    );
    expect(script('replay')).toMatchObject({ status: 0, stderr: '' });
    expect(tree()).toBe(before);
    expect(spawnSync('ls', [join(root, 'ledger')]).status).not.toBe(0);
  });

  it('leaves alone what others put there since, and says so', () => {
    writeFileSync(join(root, 'etc/hosts'), '127.0.0.1 localhost\n');
    script(`echo '10.0.0.1 n1' | block ${root}/etc/hosts; echo ours | put ${root}/etc/new/ours 644`);
    writeFileSync(join(root, 'etc/new/theirs'), 'theirs\n');
    writeFileSync(join(root, 'etc/hosts'), `${readFileSync(join(root, 'etc/hosts'), 'utf8')}192.168.1.1 printer\n`);
    const { stdout } = script('replay');
    expect(stdout).toContain(`stays: folder ${root}/etc/new (others have put something into it)`);
    expect(readFileSync(join(root, 'etc/hosts'), 'utf8')).toBe('127.0.0.1 localhost\n192.168.1.1 printer\n');
    expect(readFileSync(join(root, 'etc/new/theirs'), 'utf8')).toBe('theirs\n');
  });

  it('can be cut short and goes on where it was', () => {
    writeFileSync(join(root, 'etc/one'), '1\n');
    writeFileSync(join(root, 'etc/two'), '2\n');
    const before = tree();
    script(`echo x | put ${root}/etc/one 644; echo x | put ${root}/etc/two 644`);
    // Killed after the first line, which is the last of the ledger, was undone.
    script(
      'undo_file() { cp -a "$home/kept/$1" "$2"; if [ -e "$home/once" ]; then kill -9 $$; fi; touch "$home/once"; }; replay',
    );
    expect(readFileSync(join(root, 'ledger/ledger'), 'utf8').trim().split('\n')).toHaveLength(2);
    expect(script('replay').status).toBe(0);
    expect(tree()).toBe(before);
  });

  it('is written before the change, and is root’s alone', () => {
    script(`mv() { kill -9 $$; }; echo x | put ${root}/etc/new 644`);
    expect(readFileSync(join(root, 'ledger/ledger'), 'utf8')).toBe(`cluster lab\nfile absent ${root}/etc/new\n`);
    expect(execFileSync('stat', ['-c', '%a', join(root, 'ledger'), join(root, 'ledger/ledger')], { encoding: 'utf8' })).toBe(
      '700\n600\n',
    );
  });
});

describe('where a write is cut short', () => {
  /** No file grows over so many blocks of 512 bytes: the write that would is cut there, as on a full disk. */
  const within = (blocks: number) => `trap '' XFSZ; ulimit -f ${blocks};`;
  const ledger = () => readFileSync(join(root, 'ledger/ledger'), 'utf8');
  const long = (name: string) => `${root}/etc/${name}${'-'.repeat(150)}`;

  it('half a line of the ledger is no line: no other path is undone in its place', () => {
    const before = tree();
    const trees = ['one', 'two', 'three'].map(name => `claim ${long(name)}; mkdir -p ${long(name)}`);
    const done = script(`set -e; ${within(1)} ${trees.join('\n')}\necho NEVER`);
    expect(done.stdout).not.toContain('NEVER');
    expect(done.stderr).toContain('cat: write error: File too large');
    expect(ledger()).toBe(`cluster lab\ntree absent ${long('one')}\ntree absent ${long('two')}\n`);
    // Nor where a power cut left half a line.
    writeFileSync(join(root, 'ledger/ledger'), `${ledger()}tree absent ${root}/etc`);
    mkdirSync(join(root, 'etc/theirs'));
    expect(script('replay')).toMatchObject({ status: 0, stderr: '' });
    expect(tree()).toBe(before.replace('etc\n', 'etc\netc/theirs\n'));
  });

  it('a file is the old one or the new one, and nothing else lies beside it', () => {
    writeFileSync(join(root, 'etc/config'), 'as it was\n');
    writeFileSync(join(root, 'etc/hosts'), '127.0.0.1 localhost\n');
    const before = tree();
    const put = (how: string) =>
      script(`set -e; ${how} yes | head -c 5000 | put ${root}/etc/config 644; yes | head -c 5000 | block ${root}/etc/hosts`);
    for (const how of [within(2), `mv() { kill -9 $$; };`]) {
      expect(put(how).status).not.toBe(0);
      expect(readFileSync(join(root, 'etc/config'), 'utf8')).toBe('as it was\n');
    }
    expect(script(`${within(2)} yes | head -c 5000 | block ${root}/etc/hosts`).status).not.toBe(0);
    expect(readFileSync(join(root, 'etc/hosts'), 'utf8')).toBe('127.0.0.1 localhost\n');
    expect(readdirSync(join(root, 'etc')), 'what was killed is there until the next run').toContain('.k8s-tui.config');
    expect(script('replay')).toMatchObject({ status: 0, stderr: '' });
    expect(tree()).toBe(before);
    expect(put('').status).toBe(0);
    expect(readdirSync(join(root, 'etc')).sort()).toEqual(['config', 'hosts']);
  });

  it('a file that cannot be brought back now keeps its copy, and comes back later', () => {
    writeFileSync(join(root, 'etc/config'), 'as it was\n'.repeat(1000));
    const before = tree();
    script(`echo new | put ${root}/etc/config 644; echo other | put ${root}/etc/other 644`);
    expect(script(`set -e; ${within(2)} replay`).status).not.toBe(0);
    expect(ledger()).toMatch(/^cluster lab\nfile \w{8} \S+config\n$/);
    expect(readdirSync(join(root, 'etc')).sort()).toEqual(['.k8s-tui.config', 'config']);
    expect(script('replay')).toMatchObject({ status: 0, stderr: '' });
    expect(tree()).toBe(before);
  });
});

describe('a step', () => {
  const step = (check: string, apply: string, verify = 'check_it') =>
    script(`check_it() { ${check}; }; apply_it() { ${apply}; }; verify_it() { ${verify}; }; step it`);
  const said = ({ stdout }: { stdout: string }) => stdout.split('\n').filter(line => line.startsWith('##k8s-tui'));

  it.each([
    ['so already', 'true', 'false', undefined, 0, ['start it', 'same it']],
    ['made so', '[ -e done ]', 'touch done', undefined, 0, ['start it', 'changed it']],
    ['failing', 'false', 'echo why; false; echo never', undefined, 1, ['start it', 'failed it 1']],
    ['failing with a code', 'false', '(exit 100)', undefined, 1, ['start it', 'failed it 100']],
    ['done but not so', 'false', 'true', undefined, 1, ['start it', 'failed it verify']],
    ['with a look of its own', 'false', 'true', 'true', 0, ['start it', 'changed it']],
  ])('%s', (_, check, apply, verify, status, lines) => {
    const result = step(check, apply, verify);
    expect(said(result)).toEqual(lines.map(line => `##k8s-tui ${line}`));
    expect(result.status).toBe(status);
    expect(result.stdout).not.toContain('never');
  });

  it('is done again where it was cut short, whatever its check has seen of it', () => {
    const parts = (cut: string) => `
      check_it() { [ -e first ]; }; apply_it() { : > first; ${cut} : > second; }; verify_it() { [ -e second ]; }; step it`;
    script(parts('kill -9 $$; exit;'));
    expect(readdirSync(root)).not.toContain('second');
    expect(said(script(`mode=check; ${parts('')}`))).toEqual(['##k8s-tui needed it']);
    expect(said(script(parts('')))).toEqual(['##k8s-tui start it', '##k8s-tui changed it']);
    expect(said(script(parts('exit 1;')))).toEqual(['##k8s-tui start it', '##k8s-tui same it']);
    expect(readdirSync(join(root, 'run'))).toEqual([]);
  });

  it('changes nothing when only asked', () => {
    const result = script(
      'mode=check; check_it() { [ -e done ]; }; apply_it() { touch done; }; step it; check_it && echo CHANGED',
    );
    expect(said(result)).toEqual(['##k8s-tui needed it']);
    expect(result.stdout).not.toContain('CHANGED');
  });

  it('stops between steps when it is asked to', () => {
    const result = script('mkdir -p $run; check_it() { true; }; step it; touch $run/stop; step it; echo NEVER');
    expect(said(result)).toEqual(['##k8s-tui start it', '##k8s-tui same it', '##k8s-tui stopped it']);
    expect(result.status).toBe(75);
  });

  it('tries again what a network may mend, and gives up', () => {
    const result = script(
      'sleep() { :; }; try() { echo x >> tries; [ "$(wc -l < tries)" -ge 3 ]; }; again 4 try; echo "code $?"; again 2 false; echo "code $?"; again 9 sh -c "exit 65"; echo "code $?"',
    );
    expect(result.stdout).toMatch(/code 0\n[\s\S]*given up after 2 tries\ncode 1\n##k8s-tui run sh -c exit 65\ncode 65\n/);
  });

  it('waits with a bound and shows the last word', () => {
    const { stdout } = script('await 0 "the moon" sh -c "echo not yet; exit 1"; echo "code $?"');
    expect(stdout).toContain('##k8s-tui wait the moon');
    expect(stdout).toContain('not so after 0 s: the moon\nnot yet\ncode 1');
  });
});

describe('packages', () => {
  /** dpkg and apt over a text file, as far as the prelude asks them. */
  const dpkg = `#!/bin/sh
    case $3 in
      *Package*) sed 's/^/installed /' "$here/installed"; sed 's/^/unpacked /' "$here/unpacked" ;;
      *) for state in installed unpacked; do if grep -qx "$4" "$here/$state"; then printf $state; fi; done ;;
    esac
  `;
  const apt = `
    apt() {
      all="$*" action=$1; shift 2
      for p in "$@"; do
        case $action in
          install)
            [ "$p" != broken ] || { echo half >> $here/unpacked; return 1; }
            echo "$p" >> $here/installed; echo "lib-of-$p" >> $here/installed ;;
          purge)
            case $all in *--force-remove-reinstreq*) ;; *) ! grep -qx "$p" $here/unpacked || return 1 ;; esac
            sed -i "/^$p$/d" $here/installed $here/unpacked ;;
        esac
      done
    }
    sleep() { :; }
  `;
  const at = (text: string) => script(`export here=${root} PATH=${root}/bin:$PATH\n${apt}\n${text}`);
  beforeEach(() => {
    writeFileSync(join(root, 'installed'), 'bash\n');
    writeFileSync(join(root, 'unpacked'), 'half-of-others\n');
    mkdirSync(join(root, 'bin'));
    writeFileSync(join(root, 'bin/dpkg-query'), dpkg, { mode: 0o755 });
  });
  const installed = () => readFileSync(join(root, 'installed'), 'utf8').trim().split('\n').sort();
  const unpacked = () => readFileSync(join(root, 'unpacked'), 'utf8').trim().split('\n').sort();

  it('go with all that came along, and with nothing that came since', () => {
    expect(at('packages kubelet; echo operators-own >> $here/installed').status).toBe(0);
    expect(installed()).toEqual(['bash', 'kubelet', 'lib-of-kubelet', 'operators-own']);
    expect(at('replay').status).toBe(0);
    expect(installed()).toEqual(['bash', 'operators-own']);
  });

  it('go as well where the install was cut short', () => {
    expect(at('set -e; packages kubelet broken').stdout).toContain('given up after 4 tries');
    expect(installed()).toContain('kubelet');
    expect(unpacked()).toContain('half');
    mkdirSync(join(root, 'dpkg/tmp.ci'), { recursive: true });
    writeFileSync(join(root, 'dpkg/lock'), '');
    expect(at('replay').status).toBe(0);
    expect([installed(), unpacked()]).toEqual([['bash'], ['half-of-others']]);
    expect(readdirSync(join(root, 'dpkg'))).toEqual(['lock']);
  });
});
