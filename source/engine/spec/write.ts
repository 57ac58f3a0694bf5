import { Document, isCollection, isMap, isNode, isScalar, isSeq, parseDocument, type YAMLMap, type YAMLSeq } from 'yaml';
import { Problem } from '../errors.js';
import { type ClusterSpecInput, clusterSpec } from './schema.js';

/** What is to be changed; undefined takes a field out. Lists are given whole. */
export type SpecPatch = Partial<Omit<ClusterSpecInput, 'network' | 'ssh'>> & {
  network?: Partial<NonNullable<ClusterSpecInput['network']>>;
  ssh?: Partial<NonNullable<ClusterSpecInput['ssh']>>;
};

/**
 * The text of cluster.yaml. Comments, order and spelling of the previous text stay; fields that have their default and were not
 * written before are left out, except for the version of Kubernetes, whose default moves with the releases of this program.
 * @param spec a whole spec, or only what is to be changed in the previous text
 * @throws Problem spec where the previous text is not YAML
 */
export function writeSpec(spec: SpecPatch, previousText = ''): string {
  const document = previousText.trim() ? parseDocument(previousText) : new Document({});
  if (document.errors.length) throw unreadable(document.errors[0]!.message);
  if (!isMap(document.contents)) document.contents = document.createNode({}) as unknown as typeof document.contents;
  const before = document.toJS();
  merge(document, document.contents as unknown as YAMLMap, inOrder(spec), defaults);
  if (previousText.trim() && same(before, document.toJS())) return previousText;
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

const order = Object.keys(clusterSpec.shape);
const defaults: Record<string, unknown> = (() => {
  const { hosts, kubernetes, ...rest } = clusterSpec.parse({ hosts: [{ name: 'any', address: '192.168.1.7' }] });
  return rest;
})();

const inOrder = (spec: SpecPatch) =>
  Object.fromEntries(Object.entries(spec).sort(([a], [b]) => order.indexOf(a) - order.indexOf(b)));

/** @param whole what the values do not hold has to go */
function merge(
  document: Document,
  map: YAMLMap,
  values: Record<string, unknown>,
  usual: Record<string, unknown>,
  whole = false,
) {
  for (const { key } of whole ? [...map.items] : []) {
    const name = isScalar(key) ? String(key.value) : String(key);
    if (values[name] === undefined) map.delete(name);
  }
  for (const [key, value] of Object.entries(values)) {
    const before = map.get(key, true);
    if (value === undefined) {
      map.delete(key);
    } else if (isGroup(value)) {
      const usualOnes = (usual[key] ?? {}) as Record<string, unknown>;
      if (isMap(before)) merge(document, before, value, usualOnes, whole);
      else {
        const flow = !Object.values(value).some(each => typeof each === 'string' && each.includes('\n'));
        const group = document.createNode({}, { flow }) as unknown as YAMLMap;
        merge(document, group, value, usualOnes);
        if (group.items.length) map.set(key, group);
      }
    } else if (Array.isArray(value)) {
      if (isNode(before) ? !same(before.toJS(document), value) : !same(usual[key], value)) {
        map.set(
          key,
          value.some(isGroup)
            ? listOfGroups(document, before, value)
            : withComments(document.createNode(value, { flow: true }), before),
        );
      }
    } else if (isScalar(before)) {
      if (before.value !== value) {
        before.value = value;
        // As it was written belongs to the old value.
        delete before.source;
      }
    } else if (before !== undefined || usual[key] !== value) {
      map.set(key, value);
    }
  }
}

/** Items keep their lines, with their comments, by their name or else their address. */
function listOfGroups(document: Document, before: unknown, values: unknown[]): YAMLSeq {
  const list = isSeq(before) ? before : (document.createNode([]) as unknown as YAMLSeq);
  const old = list.items.filter(isMap);
  const flow = old[0]?.flow ?? !old.length;
  list.items = values.map(value => {
    const group = value as Record<string, unknown>;
    const kept = ['name', 'address'].flatMap(key => old.filter(item => item.get(key) === group[key]))[0];
    if (!kept) return document.createNode(withoutUndefined(group), { flow });
    old.splice(old.indexOf(kept), 1);
    merge(document, kept, group, {}, true);
    return kept;
  });
  return list;
}

function withComments<T>(node: T, before: unknown): T {
  if (isCollection(before) && isCollection(node)) {
    node.comment = before.comment;
    node.commentBefore = before.commentBefore;
    if (before.flow === false || before.flow === undefined) node.flow = before.items.length ? before.flow : true;
  }
  return node;
}

const isGroup = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
const withoutUndefined = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

function unreadable(message: string): Problem {
  return new Problem({
    code: 'spec',
    what: { en: `The file is not YAML: ${message}`, zh: `文件不是有效的 YAML：${message}` },
    remedy: { en: 'Correct the file, or save under another name.', zh: '请修正该文件，或以其他名称保存。' },
  });
}
