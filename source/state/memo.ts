/** The function, which does its work once for the same arguments: those of the last call, each compared as it is. */
export function memo<A extends readonly unknown[], R>(work: (...args: A) => R): (...args: A) => R {
  let last: { args: A; result: R } | null = null;
  return (...args) => {
    if (!last || args.some((arg, i) => arg !== last!.args[i])) last = { args, result: work(...args) };
    return last.result;
  };
}

/**
 * For a list that is made anew each time: what is in it as it was is the very object of the last list, so that what is known of
 * it need not be worked out again. @param nameOf what it is known by
 */
export function steady<T extends object>(nameOf: (item: T) => string): (list: readonly T[]) => readonly T[] {
  let last = new Map<string, T>();
  return list => {
    const next = new Map<string, T>();
    for (const item of list) {
      const before = last.get(nameOf(item));
      next.set(nameOf(item), before && isAlike(before, item) ? before : item);
    }
    last = next;
    return [...next.values()];
  };
}

const isAlike = <T extends object>(a: T, b: T) => (Object.keys(b) as (keyof T)[]).every(key => a[key] === b[key]);
