import { render } from 'ink';
import type { ReactElement } from 'react';
import { type TakenTerminal, takeTerminal } from './terminal.js';

interface Stage {
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  draw: (terminal: TakenTerminal) => ReactElement;
  /** Called once the first frame stands. */
  begin: () => void;
  /** Resolves with the exit code when the operator leaves. */
  exited: Promise<number>;
  quit: (code: number) => void;
  /** Said on the screen that stays: the alternate one takes everything with it. */
  farewell: () => string;
  close: () => Promise<void>;
}

/** A key is answered at once, also just after a frame of something else. Of what changes by itself there are fewer: see usePaced. */
export const FRAMES_PER_SECOND = 250;

const signals = { SIGTERM: 143, SIGHUP: 129, SIGINT: 130 } as const;

/** Screens in the alternate screen, until the operator leaves. Standard input and output have to be a terminal. @returns the exit code */
export async function onTerminal({ stdin, stdout, draw, begin, exited, quit, farewell, close }: Stage): Promise<number> {
  const terminal = takeTerminal(stdout);
  const ink = render(draw(terminal), {
    stdin,
    stdout: terminal.stream,
    exitOnCtrlC: false,
    patchConsole: false,
    maxFps: FRAMES_PER_SECOND,
  });
  const crashed = ink.waitUntilExit();
  // However the process ends, the operator gets the terminal back, and before anything is said about a fault.
  const giveBack = () => {
    ink.unmount();
    terminal.giveBack();
  };
  process.on('uncaughtExceptionMonitor', giveBack).on('exit', giveBack);

  const handlers = Object.entries(signals).map(([name, code]) => {
    const handle = () => quit(code);
    process.on(name, handle);
    return () => process.off(name, handle);
  });
  try {
    begin();
    return await Promise.race([exited, crashed.then(() => 1)]);
  } finally {
    for (const off of handlers) off();
    giveBack();
    process.off('uncaughtExceptionMonitor', giveBack).off('exit', giveBack);
    await crashed.catch(() => undefined);
    stdout.write(farewell());
    await close();
  }
}
