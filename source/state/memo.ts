/** The function, which does its work once for the same arguments: those of the last call, each compared as it is. */
export function memo<A extends readonly unknown[], R>(work: (...args: A) => R): (...args: A) => R {
  let last: { args: A; result: R } | null = null;
  return (...args) => {
    if (!last || args.some((arg, i) => arg !== last!.args[i])) last = { args, result: work(...args) };
    return last.result;
  };
}
