import type { Process } from '../machine/process.js';
import { Shell } from './shell.js';

/** The program `sh`: `sh`, `sh -s ARGS`, `sh -c TEXT NAME ARGS`, `sh FILE ARGS`, with options such as -eu. */
export async function sh(process: Process): Promise<number> {
  const shell = new Shell(process);
  const args = process.argv.slice(1);
  let isText = false;
  let isStream = false;
  while (/^[-+]./.test(args[0] ?? '') && args[0] !== '--') {
    for (const option of args.shift()!.slice(1)) {
      if (option === 'c') isText = true;
      else if (option === 's') isStream = true;
      else if (option === 'o') args.shift();
      else shell.options.add(option);
    }
  }
  if (args[0] === '--') args.shift();
  return shell.live(async () => {
    if (isText) {
      const text = args.shift();
      if (text === undefined) return shell.complain('-c requires an argument').then(() => 2);
      shell.name = args.shift() ?? 'sh';
      shell.parameters = args;
      return shell.evaluate(text);
    }
    if (args.length && !isStream) {
      const file = args.shift()!;
      const path = process.path(file);
      if (!(await process.fs.exists(path))) {
        await process.err(`sh: 0: cannot open ${file}: No such file\n`);
        return 2;
      }
      shell.name = file;
      shell.parameters = args;
      return shell.evaluate(await process.fs.bytes(path));
    }
    shell.parameters = args;
    return process.stdin ? shell.evaluateStream(process.stdin) : 0;
  });
}
