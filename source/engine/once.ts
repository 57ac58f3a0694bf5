/** The function, which does its work once for each object: those that nothing has happened to are the same objects as before. */
export function oncePer<K extends object, R>(work: (key: K) => R): (key: K) => R {
  const known = new WeakMap<K, { result: R }>();
  return key => {
    const found = known.get(key) ?? { result: work(key) };
    known.set(key, found);
    return found.result;
  };
}
