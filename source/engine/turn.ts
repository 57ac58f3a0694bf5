let last: Promise<void> = Promise.resolve();

/**
 * Resolves when it is the caller's turn: there is one for each round of this process's loop. What hundreds of hosts bring about at
 * once is worked on in such pieces, so that keys are heard and frames drawn in between.
 */
export function turn(): Promise<void> {
  last = last.then(() => new Promise(go => setImmediate(go)));
  return last;
}
