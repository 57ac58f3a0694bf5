import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { binaryMark, type Program } from '../machine/machine.js';
import type { Process } from '../machine/process.js';
import { options } from './basic.js';
import { complain, opened } from './paths.js';

/** sha256sum and its sisters, and their `-c`. */
const digest =
  (algorithm: string): Program =>
  async (process, args) => {
    const { has, rest } = options(args, '');
    const name = process.argv[0]!.split('/').at(-1)!;
    const sum = async (file: string) => {
      const found = await opened(process, file);
      return (
        found &&
        createHash(algorithm)
          .update(await process.readAll(found), 'latin1')
          .digest('hex')
      );
    };
    let failures = 0;
    for (const file of rest.length ? rest : ['-']) {
      if (has.c === undefined && has.check === undefined) {
        const value = await sum(file);
        if (value === null) failures += 1;
        else await process.out(`${value}  ${file}\n`);
        continue;
      }
      const list = await opened(process, file);
      for (const line of list ? (await process.readAll(list)).split('\n').filter(Boolean) : []) {
        const [, wanted, of = ''] = /^([0-9a-f]+) [ *](.+)$/.exec(line) ?? [];
        const isSame = wanted !== undefined && (await sum(of)) === wanted;
        if (!isSame) failures += 1;
        if (has.status === undefined && !(isSame && has.quiet !== undefined))
          await process.out(`${of}: ${isSame ? 'OK' : 'FAILED'}\n`);
      }
      if (failures && has.status === undefined)
        await process.err(`${name}: WARNING: ${failures} computed checksum did NOT match\n`);
    }
    return failures ? 1 : 0;
  };

/** `gzip -dc FILE`, `gunzip FILE`, or from standard input to standard output. */
const gzip =
  (always: string): Program =>
  async (process, args) => {
    const { has, rest } = options([always, ...args].filter(Boolean), '');
    const isUnpacking = has.d !== undefined;
    const names = rest.length ? rest : ['-'];
    for (const name of names) {
      const file = await opened(process, name);
      if (!file) return 1;
      const bytes = Buffer.from(await process.readAll(file), 'latin1');
      let made: string;
      try {
        made = (isUnpacking ? gunzipSync(bytes) : gzipSync(bytes)).toString('latin1');
      } catch {
        return complain(process, `${name === '-' ? 'stdin' : name}: not in gzip format`);
      }
      if (has.c !== undefined || name === '-') {
        await process.out(made);
        continue;
      }
      const path = process.path(name);
      await process.fs.writeFile(isUnpacking ? path.replace(/\.gz$/, '') : `${path}.gz`, made, 'binary');
      if (has.k === undefined) await process.fs.remove(path);
    }
    return 0;
  };

/** Unpacks the one kind of archive that the demo's sites carry: containerd's release. */
async function tar(process: Process, args: string[]): Promise<number> {
  const at = args.indexOf('-C');
  const folder = process.path(at < 0 ? '.' : args[at + 1]!);
  const archive = args.find((arg, i) => !arg.startsWith('-') && args[i - 1] !== '-C') ?? '';
  const text = await process.fs.bytes(process.path(archive)).catch(() => null);
  if (!text?.startsWith('containerd-')) return complain(process, `${archive}: Cannot open: No such file or directory`);
  for (const name of ['containerd', 'containerd-shim-runc-v2', 'containerd-stress', 'ctr'])
    await process.fs.put(`${folder}/bin/${name}`, binaryMark, 0o755);
  return 0;
}

export const archives: Record<string, Program> = {
  tar,
  gzip: gzip(''),
  gunzip: gzip('-d'),
  zcat: gzip('-dc'),
  sha256sum: digest('sha256'),
  sha1sum: digest('sha1'),
  md5sum: digest('md5'),
};
