import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

/** Someone at a terminal who can be asked, one question at a time. An answer of null: they closed the input. */
export interface Terminal {
  line(question: string): Promise<string | null>;
  /** What is typed is not shown. */
  secret(question: string): Promise<string | null>;
}

const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() });

/**
 * Questions go to standard error, so that standard output can be a pipe. @param signal ends an open question with what it was
 * aborted with
 */
export function openTerminal(signal: AbortSignal, input = process.stdin, output = process.stderr): Terminal | null {
  if (!input.isTTY || !output.isTTY) return null;
  let last: Promise<unknown> = Promise.resolve();

  const ask = async (question: string, isSecret: boolean): Promise<string | null> => {
    signal.throwIfAborted();
    const lines = createInterface({ input, output: isSecret ? nowhere() : output, terminal: true, historySize: 0 });
    // The terminal has stopped to echo by now, and only now it may be asked for what nobody is to see.
    if (isSecret) output.write(question);
    // Ctrl-C is a key while lines are read: it means here what it means everywhere.
    lines.on('SIGINT', () => process.emit('SIGINT'));
    try {
      const closed = new Promise<null>(resolve => lines.once('close', () => resolve(null)));
      return await Promise.race([lines.question(isSecret ? '' : question, { signal }), closed]);
    } finally {
      lines.close();
      if (isSecret || signal.aborted) output.write('\n');
    }
  };
  const inTurn = (question: string, isSecret: boolean) => {
    const answer = last.then(() => ask(question, isSecret));
    last = answer.catch(() => {});
    return answer;
  };
  return { line: question => inTurn(question, false), secret: question => inTurn(question, true) };
}
