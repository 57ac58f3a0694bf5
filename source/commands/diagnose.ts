import packageJson from '../../package.json' with { type: 'json' };
import { type BundleFile, bundleFiles, writeBundle } from '../engine/diagnose/bundle.js';
import { type Diagnosis, diagnose as diagnosisOf } from '../engine/diagnose/diagnose.js';
import { collectEvidence, type Evidence } from '../engine/diagnose/evidence.js';
import { mend } from '../engine/diagnose/mend.js';
import { Problem, type ProblemDetails } from '../engine/errors.js';
import type { Fleet } from '../engine/fleet.js';
import { writeSpec } from '../engine/spec/write.js';
import type { Text } from '../engine/text.js';
import { applicable, diagnosisLines } from '../views/diagnosis.js';
import type { View } from '../views/view.js';
import { type ExitCode, exit } from './exit.js';
import { withFleet } from './fleet.js';
import { specOfWords } from './named-host.js';
import type { Session } from './session.js';
import { readSpecFile } from './spec-file.js';

export interface DiagnoseOptions {
  file?: string;
  /** Where to write the support bundle. */
  bundle?: string;
}

/**
 * Looks why a cluster, ours or not, does not work: evidence from every host, the causes that fit, what mends them. Changes nothing
 * unless somebody at a terminal chooses a fix.
 */
export async function diagnose(session: Session, words: string[], { file, bundle }: DiagnoseOptions): Promise<ExitCode> {
  if ((file === undefined) === (words.length === 0)) throw nothingNamed();
  const spec = file === undefined ? specOfWords(words) : await readSpecFile(file);
  const view = session.view();
  return withFleet(
    session,
    view,
    spec,
    async fleet => {
      const looked = await look(session, view, fleet);
      if (!looked.evidence.length) return exit.unfit;
      tell(session, looked.diagnosis);
      if (bundle !== undefined)
        await writeAsked(session, bundle, bundleFiles({ version: packageJson.version, ...looked, spec: writeSpec(spec) }));
      const last = session.terminal && !session.json ? await mendByNumber(session, view, fleet, looked) : looked;
      return exitOf(last);
    },
    { evenSo: true },
  );
}

interface Looked {
  evidence: Evidence[];
  problems: ProblemDetails[];
  diagnosis: Diagnosis;
}

const exitOf = ({ diagnosis: { signs, causes }, problems }: Looked): ExitCode =>
  signs.length || causes.length ? exit.failed : problems.length ? exit.unfit : exit.ok;

/** Asks all hosts at once; one that does not answer keeps no other from being told. */
async function look(session: Session, view: View, { remotes, problems }: Fleet): Promise<Looked> {
  const missing: ProblemDetails[] = [...problems];
  const answers = await Promise.all(
    Object.values(remotes).map(remote =>
      collectEvidence(remote, session.stop).catch((error: unknown) => {
        session.stop.throwIfAborted();
        if (!(error instanceof Problem)) throw error;
        const problem = { host: remote.name, ...error.details };
        missing.push(problem);
        view.event({ at: Date.now(), type: 'problem', task: null, problem });
        return null;
      }),
    ),
  );
  const evidence = answers.filter(answer => answer !== null);
  return { evidence, problems: missing, diagnosis: diagnosisOf(evidence) };
}

function tell({ json, language, print }: Session, diagnosis: Diagnosis): void {
  if (!json) {
    diagnosisLines(diagnosis, language, process.stdout.columns).forEach(print);
    return;
  }
  for (const sign of diagnosis.signs) print(JSON.stringify({ at: Date.now(), type: 'sign', ...sign }));
  for (const cause of diagnosis.causes) print(JSON.stringify({ at: Date.now(), type: 'cause', ...cause }));
}

/** Numbers choose fixes until there is none left or nobody wants one; after each the hosts are looked at anew. */
async function mendByNumber(session: Session, view: View, fleet: Fleet, first: Looked): Promise<Looked> {
  const { terminal, language, print } = session;
  let looked = first;
  for (;;) {
    const fixes = applicable(looked.diagnosis);
    if (!fixes.length) return looked;
    const answer = await terminal!.line(said.which(fixes.length)[language]);
    const chosen = fixes[Number(answer?.trim() || 0) - 1];
    if (!chosen) return looked;
    const { host } = chosen.cause;
    print(`${host}:`);
    for (const line of chosen.fix.commands.text.split('\n')) print(`  ${line}`);
    if ((await terminal!.line(said.sure(host)[language]))?.trim() !== 'yes') continue;
    try {
      await mend(fleet.remotes[host]!, chosen.fix.commands, {
        ledger: looked.evidence.find(one => one.host === host)!.facts.ledger,
        signal: session.now,
        onLine: line => print(`  | ${line}`),
      });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      view.event({ at: Date.now(), type: 'problem', task: null, problem: error.details });
    }
    looked = await look(session, view, { ...fleet, problems: looked.problems });
    tell(session, looked.diagnosis);
  }
}

/** Shows what would be in it before it is written. */
async function writeAsked(session: Session, path: string, files: BundleFile[]): Promise<void> {
  const { terminal, language, yes, json } = session;
  const print = (line: string) => (json ? undefined : session.print(line));
  print('');
  for (const { name, text } of files) print(`  ${String(Buffer.byteLength(text)).padStart(8)}  ${name}`);
  if (!yes && terminal && (await terminal.line(said.write(path)[language]))?.trim() !== 'yes')
    return print(said.notWritten[language]);
  await writeBundle(path, files).catch((error: Error) => {
    throw new Problem({
      code: 'spec',
      what: { en: `${path} cannot be written: ${error.message}`, zh: `无法写入 ${path}：${error.message}` },
      remedy: {
        en: 'Name a file in a folder of yours: --bundle ~/bundle.tar.gz',
        zh: '请指定您有权限的文件：--bundle ~/bundle.tar.gz',
      },
    });
  });
  if (json) session.print(JSON.stringify({ at: Date.now(), type: 'bundle', path, files: files.map(({ name }) => name) }));
  else print(said.written(path)[language]);
}

const nothingNamed = () =>
  new Problem({
    code: 'spec',
    what: { en: 'either a file or hosts have to be named', zh: '需要指定文件或主机（二选一）' },
    remedy: {
      en: 'k8s-tui diagnose -f cluster.yaml, or for a cluster that was made otherwise: k8s-tui diagnose root@10.0.0.11 root@10.0.0.12',
      zh: 'k8s-tui diagnose -f cluster.yaml；或对其他方式建立的集群：k8s-tui diagnose root@10.0.0.11 root@10.0.0.12',
    },
  });

const said = {
  which: (count: number): Text => ({
    en: `\nApply a fix? ${count === 1 ? 'Its number (1)' : `Its number (1-${count})`}, or Enter to leave it: `,
    zh: `\n执行修复？输入编号（${count === 1 ? '1' : `1-${count}`}），直接回车则不执行：`,
  }),
  sure: (host: string): Text => ({
    en: `These commands run as root on ${host}. Type yes to run them: `,
    zh: `将在 ${host} 上以 root 执行以上命令。输入 yes 执行：`,
  }),
  write: (path: string): Text => ({ en: `Write these files to ${path}? Type yes: `, zh: `将以上文件写入 ${path}？输入 yes：` }),
  notWritten: { en: 'No bundle was written.', zh: '未写入诊断包。' },
  written: (path: string): Text => ({
    en: `The support bundle is ${path}: read it before you hand it on.`,
    zh: `诊断包：${path}，转交前请先查看。`,
  }),
};
