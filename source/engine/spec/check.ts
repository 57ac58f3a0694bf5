import type * as z from 'zod';
import type { Text } from '../text.js';
import { fieldsAt, meant, type Path } from './fields.js';
import { allowedInChinese, type ClusterSpec, clusterSpec } from './schema.js';
import { type SpecIssue, validateSpec } from './validate.js';

/** Every issue of what may become a spec, as the screens' input or a file's content; the spec where there is none. */
export function checkSpec(value: unknown): { spec: ClusterSpec; issues: [] } | { spec: null; issues: SpecIssue[] } {
  const given = withoutNulls(value);
  const result = clusterSpec.safeParse(given);
  const issues = result.success
    ? validateSpec(result.data)
    : [...result.error.issues.flatMap(issue => explain(issue, given)), ...issuesOfTheRest(given, result.error.issues)];
  return issues.length || !result.success ? { spec: null, issues } : { spec: result.data, issues: [] };
}

/** A field without a value is one that is not given. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, each]) => each !== null && each !== undefined)
      .map(([key, each]) => [key, withoutNulls(each)]),
  );
}

/** What is wrong between those fields that are right by themselves, so that nobody has to correct a file twice. */
function issuesOfTheRest(value: unknown, issues: z.core.$ZodIssue[]): SpecIssue[] {
  const rest = structuredClone(value);
  const dropped = new Set<number>();
  for (const issue of issues) {
    const [top, index] = issue.path;
    const paths = issue.code === 'unrecognized_keys' ? issue.keys.map(key => [...issue.path, key]) : [issue.path];
    if (top === 'hosts' && typeof index === 'number' && issue.code !== 'unrecognized_keys') dropped.add(index);
    else for (const path of paths) remove(rest, path);
  }
  const hosts = valueAt(rest, ['hosts']);
  if (!Array.isArray(hosts)) return [];
  const kept = [...hosts.keys()].filter(i => !dropped.has(i));
  const result = clusterSpec.safeParse({ ...(rest as object), hosts: kept.map(i => hosts[i]) });
  if (!result.success) return [];
  return validateSpec(result.data).flatMap(issue => {
    const [top, index, ...more] = issue.path;
    if (top !== 'hosts') return [issue];
    if (typeof index === 'number') return [{ ...issue, path: [top, kept[index]!, ...more] }];
    // About all hosts together nothing can be said while some of them are not known.
    return dropped.size ? [] : [issue];
  });
}

function remove(value: unknown, path: PropertyKey[]) {
  const holder = valueAt(value, path.slice(0, -1));
  if (holder && typeof holder === 'object') delete (holder as Record<PropertyKey, unknown>)[path.at(-1)!];
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, part) =>
      at && typeof at === 'object' && Object.hasOwn(at, part) ? (at as Record<PropertyKey, unknown>)[part] : undefined,
    value,
  );
}

const kinds: Record<string, Text> = {
  object: { en: 'a group of fields', zh: '一组字段' },
  array: { en: 'a list', zh: '列表' },
};

function explain(issue: z.core.$ZodIssue, value: unknown): SpecIssue[] {
  const path = issue.path as Path;
  if (issue.code === 'unrecognized_keys') return issue.keys.map(key => unknownField(path, key));
  const allowed = allowedBy(issue);
  const given = valueAt(value, path);
  if (given === undefined) {
    return [{ path, what: { en: `is missing; needed is ${allowed.en}`, zh: `缺失；需要${allowed.zh}` } }];
  }
  const shown = show(given);
  return [
    { path, what: { en: `${shown.en} is given; allowed is ${allowed.en}`, zh: `当前为 ${shown.zh}；允许的值是${allowed.zh}` } },
  ];
}

function allowedBy(issue: z.core.$ZodIssue): Text {
  const zh = allowedInChinese.get(issue.message);
  if (zh) return { en: issue.message, zh };
  if (issue.code === 'invalid_value') {
    const values = issue.values.map(String);
    return { en: `one of ${values.join(', ')}`, zh: `以下之一：${values.join('、')}` };
  }
  if (issue.code === 'invalid_type') return kinds[issue.expected] ?? { en: issue.message, zh: issue.message };
  return { en: issue.message, zh: issue.message };
}

function show(given: unknown): Text {
  if (Array.isArray(given)) return given.length ? kinds.array! : { en: 'an empty list', zh: '空列表' };
  if (typeof given === 'object' && given !== null) return kinds.object!;
  if (given === null) return { en: 'nothing', zh: '空' };
  const text = typeof given === 'string' ? `"${given.length > 60 ? `${given.slice(0, 60)}…` : given}"` : String(given);
  return { en: text, zh: text };
}

function unknownField(path: Path, key: string): SpecIssue {
  if (/pass(word|wd|phrase)?$/i.test(key)) {
    return {
      path: [...path, key],
      what: {
        en: 'passwords are not written into this file; they are asked for when they are needed',
        zh: '密码不写入此文件；需要时会询问',
      },
    };
  }
  const guess = meant(path, key);
  const known = fieldsAt(path);
  return {
    path: [...path, key],
    what: {
      en: `is not a known field; ${guess ? `did you mean ${guess}? ` : ''}Known here are ${known.join(', ')}`,
      zh: `不是已知字段；${guess ? `是否想写 ${guess}？` : ''}此处可用的字段有 ${known.join('、')}`,
    },
  };
}
