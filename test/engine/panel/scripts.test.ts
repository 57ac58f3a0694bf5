import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { apiScript } from '../../../source/engine/panel/api-report.js';
import { type HostReport, parseReport, tickScript } from '../../../source/engine/panel/report.js';
import { runHere, shellcheck } from '../../support/shell.js';

it.each([
  ['of the host', tickScript],
  ['of the API', apiScript],
])('the script %s is good shell', (_, script) => {
  expect(shellcheck(script)).toBe('');
});

/** Runs a script with programs of ours in front of the host's. */
async function withPrograms(folder: string, programs: Record<string, string>, script: string): Promise<string> {
  for (const [name, body] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  const { stdout } = await runHere(script, {}, ['sh', '-s'], { ...process.env, PATH: `${folder}:${process.env.PATH}` });
  return stdout;
}

const units = (active: string, pid: number) =>
  `Id=kubelet.service\nLoadState=loaded\nActiveState=${active}\nSubState=x\nResult=exit-code\nNRestarts=0\nExecMainStatus=1\nMainPID=${pid}\nStateChangeTimestampMonotonic=1000000\n`;

/** What a script told, as the operator's side reads it. */
function reportsOf(said: string): HostReport[] {
  const reports: HostReport[] = [];
  for (const each of said.split('@@ end\n').slice(0, -1)) reports.push(parseReport(each, reports.at(-1) ?? null, Date.now()));
  return reports;
}

it('a service that is about to be active is asked after until it is', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'panel-tick-'));
  writeFileSync(join(folder, 'units'), units('activating', process.pid));
  writeFileSync(join(folder, 'active'), units('active', process.pid));
  const said = await withPrograms(
    folder,
    {
      systemctl: `echo >> ${folder}/asked; cat ${folder}/units`,
      sleep: `echo >> ${folder}/slept
        case $(wc -l < ${folder}/slept) in 2) cp ${folder}/active ${folder}/units ;; 5) kill $PPID ;; esac`,
    },
    tickScript,
  );
  expect(reportsOf(said).map(({ units }) => units[0]?.active)).toEqual([
    'activating',
    'activating',
    'active',
    'active',
    'active',
  ]);
  expect(readFileSync(join(folder, 'asked'), 'utf8')).toBe('\n\n\n');
});

it('a host tells a service’s end with the kubelet’s complaint, and does not ask after it while its process lives', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'panel-tick-'));
  const kubelet = spawn('sleep', ['1000']);
  writeFileSync(join(folder, 'units'), units('active', kubelet.pid!));
  writeFileSync(join(folder, 'failed'), units('failed', 0));
  const said = await withPrograms(
    folder,
    {
      systemctl: `echo >> ${folder}/asked; cat ${folder}/units`,
      journalctl: 'echo \'1795488498.5 n1 kubelet[77]: E1124 02:48:18.5 77 run.go:72] "command failed" err="no config"\'',
      // What a host waits between reports is where its kubelet dies, after the third; and where the test ends.
      sleep: `echo >> ${folder}/slept
        case $(wc -l < ${folder}/slept) in
          3) kill ${kubelet.pid}; while [ -d /proc/${kubelet.pid} ]; do :; done; cp ${folder}/failed ${folder}/units ;;
          4) kill $PPID ;;
        esac`,
    },
    tickScript,
  );
  const reports = reportsOf(said);
  expect(reports.map(({ units }) => units.map(({ name, active }) => `${name} ${active}`))).toEqual([
    ['kubelet active'],
    ['kubelet active'],
    ['kubelet active'],
    ['kubelet failed'],
  ]);
  expect(reports.map(({ complaint }) => complaint?.text)).toEqual([
    undefined,
    undefined,
    undefined,
    'E1124 02:48:18.5 77 run.go:72] "command failed" err="no config"',
  ]);
  expect(readFileSync(join(folder, 'asked'), 'utf8')).toBe('\n\n');
  // What is as it was is not told again: the moment alone is left.
  expect(said.split('@@ end\n')[2]!.match(/^@@ .*$/gm)).toEqual(['@@ moment']);
  for (const { uptimeSeconds, cpu, memory, disks } of reports) {
    expect(uptimeSeconds).toBeGreaterThan(0);
    expect(cpu.total).toBeGreaterThan(cpu.busy);
    expect(memory.totalMiB).toBeGreaterThan(memory.availableMiB);
    expect(disks.map(({ mount }) => mount)).toContain('/');
  }
});

it.each([
  ['100.07', '120000000', '1.88'],
  ['100.99', '000000000', '2.00'],
  ['8.08', '080000000', '1.92'],
  ['100.30', '300000000', '1.70'],
  ['100.07', '%N', '1.93'],
])(
  'at uptime %s, when the clock says .%s, the next report begins in %s s: at half a second',
  async (uptime, fraction, wait) => {
    const folder = mkdtempSync(join(tmpdir(), 'panel-half-'));
    writeFileSync(join(folder, 'uptime'), `${uptime} 1\n`);
    await withPrograms(
      folder,
      { date: `echo 1795488498.${fraction}`, sleep: `echo "$1" > ${folder}/slept; kill $PPID` },
      tickScript.replaceAll('/proc/uptime', join(folder, 'uptime')),
    );
    expect(readFileSync(join(folder, 'slept'), 'utf8')).toBe(`${wait}\n`);
  },
);

it('the answers of an API server and of etcd: those that are as they were are told once', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'panel-api-'));
  const slim = /^slim\(\) \{[\s\S]*?^\}/m.exec(apiScript)![0];
  const answers = (version: number, heard: number) => `@@ first
ok
@@ ready 200 0.1 0.2 
{
  "items": [
    {
      "metadata": {
        "name": "n1",
        "resourceVersion": "${version}",
        "uid": "0f",
        "managedFields": [
          {
            "manager": "x"
          }
        ]
      },
      "status": { "images": [
        ] },
      "lastHeartbeatTime": "${heard}"
    }
  ]
}
@@ nodes 200 0 0 
`;
  writeFileSync(join(folder, 'a'), answers(1, 1));
  writeFileSync(join(folder, 'b'), answers(2, 7));
  const [a, b] = await Promise.all(
    ['a', 'b'].map(name => withPrograms(folder, {}, `${slim}\nslim < ${folder}/${name} 2>/dev/null`)),
  );
  expect(a).toBe(b);
  expect(a).not.toContain('ready');
  const { items } = JSON.parse(a!.slice(0, a!.indexOf('@@')));
  expect(items[0].metadata).toEqual({ name: 'n1', resourceVersion: '', uid: '', managedFields: [] });
});
