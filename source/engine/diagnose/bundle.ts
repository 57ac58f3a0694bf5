import { gzipSync } from 'node:zlib';
import { createTar } from 'nanotar';
import type { ProblemDetails } from '../errors.js';
import { writeWhole } from '../whole-file.js';
import type { Diagnosis } from './diagnose.js';
import { type Evidence, sectionNames } from './evidence.js';
import { redact } from './redact.js';

/** All that a bundle is made from. */
export interface BundleInput {
  version: string;
  diagnosis: Diagnosis;
  evidence: readonly Evidence[];
  problems: readonly ProblemDetails[];
  /** The cluster.yaml, where there is one. */
  spec?: string;
  /** The text of the run's log, where there is one. */
  log?: string;
}

export interface BundleFile {
  /** At most 100 bytes: a tar holds no more. */
  name: string;
  text: string;
}

/** The files of a support bundle: text, without secrets, so that it can be read before it is handed to anybody. */
export function bundleFiles({ version, diagnosis, evidence, problems, spec, log }: BundleInput): BundleFile[] {
  const hosts = evidence.flatMap(one => [
    { name: `hosts/${one.host}/facts.json`, text: json(one.facts) },
    ...sectionNames
      .filter(section => one.sections[section]?.length)
      .map(section => ({ name: `hosts/${one.host}/${section}.txt`, text: `${one.sections[section]!.join('\n')}\n` })),
  ]);
  return [
    {
      name: 'about.txt',
      text: `k8s-tui ${version}, Node ${process.version}, ${process.platform}\n${new Date().toISOString()}\nPrivate keys, tokens and passwords have been taken out. Names, addresses and versions are as they are.\n`,
    },
    { name: 'diagnosis.json', text: json(diagnosis) },
    ...(problems.length ? [{ name: 'problems.json', text: json(problems) }] : []),
    ...(spec === undefined ? [] : [{ name: 'cluster.yaml', text: spec }]),
    ...(log === undefined ? [] : [{ name: 'run.log', text: log }]),
    ...hosts,
  ].map(({ name, text }) => ({ name: `bundle/${name}`, text: redact(text) }));
}

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

/** Writes a bundle as one tar.gz that only its owner can read; in one move, so that there is never half of one. @throws the file system's error */
export async function writeBundle(path: string, files: readonly BundleFile[]): Promise<void> {
  const tar = createTar(
    files.map(({ name, text }) => ({ name, data: text })),
    { attrs: { mode: '600', uid: 0, gid: 0 } },
  );
  writeWhole(path, gzipSync(tar));
}
