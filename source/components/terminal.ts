import { useStdout } from 'ink';
import { useCallback, useSyncExternalStore } from 'react';
import { width } from './text.js';
import { redeemed } from './tickets.js';

/** `columns x rows`; a terminal that does not know its size says 0 and is taken for one of 80 by 24. */
const sizeOf = (stdout: NodeJS.WriteStream) => `${stdout.columns || 80}x${stdout.rows || 24}`;
const parseSize = (size: string) => {
  const [columns = 80, rows = 24] = size.split('x').map(Number);
  return { columns, rows };
};

export const terminalSize = (stdout: NodeJS.WriteStream): { columns: number; rows: number } => parseSize(sizeOf(stdout));

export function useTerminalSize(): { columns: number; rows: number } {
  const { stdout: stream } = useStdout();
  const stdout = terminals.get(stream) ?? stream;
  const subscribe = useCallback(
    (changed: () => void) => {
      stdout.addListener('resize', changed);
      return () => {
        stdout.off('resize', changed);
      };
    },
    [stdout],
  );
  return parseSize(useSyncExternalStore(subscribe, () => sizeOf(stdout)));
}

const CLEAR = '\x1b[2J\x1b[H';
const ENTER = `\x1b[?1049h${CLEAR}\x1b[?2004h`;
const LEAVE = '\x1b[?2004l\x1b[?25h\x1b[?1049l';
/** What a program that was cut off may have left on: mouse, focus and key modes, a scroll region, colours, another character set. */
const RESET =
  '\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1004l\x1b[?1006l\x1b[?1l\x1b>\x1b[?2004l\x1b[?6l\x1b[?7h\x1b[4l\x1b[r\x1b[0m\x1b(B\x0f\x1b[?1049l';
const HIDE_CURSOR = '\x1b[?25l';

/** The terminal while screens are drawn on it. */
export interface TakenTerminal {
  /** For Ink. */
  stream: NodeJS.WriteStream;
  /** Leaves the terminal to somebody else: nothing is drawn until what is returned is called, which draws it whole again. */
  lend(): () => void;
  /** As it was before, however often it is called. */
  giveBack(): void;
}

/** Takes the alternate screen, with bracketed paste on. */
export function takeTerminal(stdout: NodeJS.WriteStream): TakenTerminal {
  const frames = changedLines(stdout);
  let isTaken = true;
  stdout.write(ENTER);
  return {
    stream: frames.stream,
    lend() {
      frames.hold();
      stdout.write(LEAVE);
      return () => {
        if (isTaken) stdout.write(`${RESET}${ENTER}${HIDE_CURSOR}`);
        frames.again();
      };
    },
    giveBack() {
      if (isTaken) stdout.write(LEAVE);
      isTaken = false;
    },
  };
}

/** Asks the terminal to put a text on the operator's clipboard (OSC 52); it works over ssh too, where the terminal allows it. */
export const copyToClipboard = (stdout: NodeJS.WriteStream, text: string) =>
  void stdout.write(`\x1b]52;c;${Buffer.from(text).toString('base64')}\x07`);

/** How Ink goes back to the beginning of what it drew: line by line, or all at once, which would take the scrollback along. */
const goingBack = /^(?:\x1b\[2J\x1b\[3J\x1b\[H)?(?:\x1b\[2K|\x1b\[1A|\x1b\[G)*/;

/** The terminals behind the streams that Ink knows. */
const terminals = new WeakMap<NodeJS.WriteStream, NodeJS.WriteStream>();
/** What Ink lays out is tickets for whole lines, see `Lines`: for each column that it knew of it would fill a cell in every frame. */
const COLUMNS_OF_INK = 4;
const colours = /\x1b\[[\d;]*m/g;

/** See `changedLines`. */
export const changedLinesOnly = (stdout: NodeJS.WriteStream): NodeJS.WriteStream => changedLines(stdout).stream;

/**
 * A stream for Ink that writes only the lines that differ from those on the screen, each to its own row. Ink's own
 * incremental rendering (6.8) begins one row too low, and its ordinary one erases the whole screen for every frame.
 * The frames have to leave the last row and the last column free.
 */
function changedLines(stdout: NodeJS.WriteStream) {
  let shown: string[] = [];
  let drawnFor = '';
  let latest = '';
  let isHeld = false;

  const redraw = (frame: string): string => {
    latest = frame;
    if (isHeld) return '';
    const size = sizeOf(stdout);
    const { columns, rows } = parseSize(size);
    const isOtherSize = size !== drawnFor;
    if (isOtherSize) shown = [];
    const lines = redeemed(frame).replace(/\n$/, '').split('\n');
    // Made before the terminal became smaller: it would wrap. The frame for the new size is on its way.
    if (lines.length >= rows || lines.some((line, y) => line !== shown[y] && width(line.replace(colours, '')) >= columns))
      return '';
    const changed = lines.map((line, y) => (line === shown[y] ? '' : `\x1b[${y + 1};1H${line}\x1b[K`));
    const gone = shown.slice(lines.length).map((_, i) => `\x1b[${lines.length + i + 1};1H\x1b[K`);
    shown = lines;
    drawnFor = size;
    return [isOtherSize ? CLEAR : '', ...changed, ...gone].join('');
  };
  const write = (chunk: string, ...rest: unknown[]): boolean => {
    const frame = chunk.replace(goingBack, '');
    const isOfFrame = frame !== chunk || frame.includes('\n');
    const out = !isOfFrame ? chunk : frame && redraw(frame);
    return (stdout.write as (...args: unknown[]) => boolean)(out, ...rest);
  };

  const stream = new Proxy(stdout, {
    get(target, name) {
      if (name === 'write') return write;
      if (name === 'columns') return COLUMNS_OF_INK;
      // Ink would draw the old frame in the new size; the screens hear of it by useTerminalSize and draw a new one.
      if (name === 'on')
        return (event: string, listener: () => void) => (event === 'resize' ? target : target.on(event, listener));
      const value = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  terminals.set(stream, stdout);
  return {
    stream,
    hold: () => {
      isHeld = true;
    },
    again: () => {
      isHeld = false;
      drawnFor = '';
      if (latest) stdout.write(redraw(latest));
    },
  };
}
