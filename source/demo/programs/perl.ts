import type { Process } from '../machine/process.js';

/** What a program sees that was put into a pod's network: its address there. */
const networkOf = (process: Process): string => process.env.DEMO_POD_ADDRESS ?? process.machine.address;

/** The programs by which the hosts try the network; each carries its name as a comment. */
export async function perl(process: Process, args: string[]): Promise<number> {
  const isHere = args[0] === '-';
  const code = isHere ? await process.readAll() : (args[args.indexOf('-e') + 1] ?? '');
  const values = args.slice(isHere ? 1 : args.indexOf('-e') + 2);
  const port = Number(/LocalPort => (\d+)|:(\d+)"/.exec(code)?.slice(1).find(Boolean) ?? 0);
  const { world } = process.machine;
  switch (/# (k8s-tui-[\w-]+)/.exec(code)?.[1]) {
    case 'k8s-tui-serve': {
      const close = world.listen(`${networkOf(process)}:${port}`, `${values[0]}\n`);
      try {
        return await process.block(new Promise<never>(() => {}));
      } finally {
        close();
      }
    }
    case 'k8s-tui-ask': {
      await process.sleep(3);
      const answer = world.ask(networkOf(process), values[0] ?? '', port);
      if (answer === null) return 1;
      await process.out(answer);
      return 0;
    }
    case 'k8s-tui-resolve': {
      await process.sleep(4);
      const address = world.resolve(values[0] ?? '', values[1] ?? '');
      if (address === null) return 1;
      await process.out(address);
      return 0;
    }
    case 'k8s-tui-stand-in':
      return standIn(process, values);
    case 'k8s-tui-try':
      return tryPlaces(process, values);
    default:
      await process.err('perl: only the programs of the install run in the demo\n');
      return 2;
  }
}

/** See reach-listen.sh. */
async function standIn(process: Process, [seconds = '0', , , ...places]: string[]): Promise<number> {
  const { machine, pid } = process;
  const taken = places.filter(place => machine.listensOn(place));
  const free = places.filter(place => !taken.includes(place));
  for (const place of taken) await process.out(`taken ${place}\n`);
  for (const place of free) machine.standIns.add(place);
  const command = `/proc/${pid}/cmdline`;
  await process.fs.put(command, process.argv.join('\0'));
  machine.clock.limit(Number(seconds) * 1000, () => process.kill(14));
  try {
    await process.out(`ready ${pid}\n`);
    return await process.block(new Promise<never>(() => {}));
  } finally {
    for (const place of free) machine.standIns.delete(place);
    await process.fs.remove(command);
  }
}

/** See reach-ask.sh. */
async function tryPlaces(process: Process, [, ...places]: string[]): Promise<number> {
  const said = places.map(place => {
    const [address = '', port = ''] = place.split(':');
    return { place, is: process.machine.world.reach(process.machine.address, address, port) };
  });
  await process.sleep(said.some(({ is }) => is === 'dropped') ? 2500 : 3);
  await process.out([...said.map(({ place, is }) => `${place} ${is}\n`), 'end\n'].join(''));
  return 0;
}
