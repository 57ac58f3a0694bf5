import * as z from 'zod';
import { clusterSpec } from './schema.js';

export type Path = (string | number)[];

/** `hosts[1].address` */
export const fieldName = (path: Path): string =>
  path.map((part, i) => (typeof part === 'number' ? `[${part}]` : i ? `.${part}` : part)).join('') || 'the file';

/** The fields known at a place of the spec; none where no group of fields stands. */
export function fieldsAt(path: Path): string[] {
  const schema = path.reduce<z.core.$ZodType | undefined>((at, part) => child(at, part), clusterSpec);
  const bare = schema && unwrapped(schema);
  return bare instanceof z.ZodObject ? Object.keys(bare.shape) : [];
}

/** What was probably meant by a field that is not known: one of the same group by its spelling, or one of that name elsewhere. */
export function meant(path: Path, key: string): string | null {
  const wanted = normal(key);
  const near = fieldsAt(path)
    .map(name => ({ name, distance: distance(wanted, normal(name)) }))
    .filter(each => each.distance <= Math.max(1, Math.floor(each.name.length / 3)))
    .sort((a, b) => a.distance - b.distance)[0];
  if (near) return near.name;
  return allFields.find(field => normal(field.split('.').at(-1)!) === wanted) ?? null;
}

const normal = (name: string) => name.toLowerCase().replace(/[-_]/g, '');

function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  const inner = (schema as { _zod: { def: { innerType?: z.core.$ZodType } } })._zod.def.innerType;
  return inner ? unwrapped(inner) : schema;
}

function child(schema: z.core.$ZodType | undefined, part: string | number): z.core.$ZodType | undefined {
  const bare = schema && unwrapped(schema);
  if (bare instanceof z.ZodObject) return Object.hasOwn(bare.shape, part) ? bare.shape[part] : undefined;
  if (bare instanceof z.ZodArray) return bare.element as z.core.$ZodType;
  return undefined;
}

/** Every field by its full name, list items as `hosts[].name`. */
const allFields: string[] = (function list(schema: z.core.$ZodType, before: string): string[] {
  const bare = unwrapped(schema);
  if (bare instanceof z.ZodArray) return list(bare.element as z.core.$ZodType, `${before}[]`);
  if (!(bare instanceof z.ZodObject)) return [];
  return Object.entries(bare.shape).flatMap(([name, each]) => {
    const full = before ? `${before}.${name}` : name;
    return [full, ...list(each as z.core.$ZodType, full)];
  });
})(clusterSpec, '');

/** How many letters have to be added, left out, exchanged or swapped with their neighbour. */
function distance(a: string, b: string): number {
  const rows: number[][] = [[...Array(b.length + 1).keys()]];
  for (let i = 1; i <= a.length; i++) {
    rows[i] = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min(rows[i - 1]![j]! + 1, rows[i]![j - 1]! + 1, rows[i - 1]![j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, rows[i - 2]![j - 2]! + 1);
      rows[i]![j] = least;
    }
  }
  return rows[a.length]![b.length]!;
}
