import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument, type YAMLError } from 'yaml';
import { Problem } from '../errors.js';
import type { Text } from '../text.js';
import { checkSpec } from './check.js';
import { fieldName, fieldsAt, type Path } from './fields.js';
import type { ClusterSpec } from './schema.js';

/** Far more than any real file needs, and little enough to be read at once. */
const MAX_BYTES = 1024 * 1024;
/** How often anchors of the file may be expanded in all: a few lines of YAML can stand for gigabytes. */
const MAX_ALIASES = 100;

/**
 * The cluster that a file describes, with all defaults.
 * @param file its name, for messages
 * @param how.relay the hosts get everything through this machine, whatever the file says
 * @throws Problem spec, whose `what` lists everything that is wrong at once, each with field and place
 */
export function readSpec(text: string, file: string, how: { relay?: true } = {}): ClusterSpec {
  if (Buffer.byteLength(text) > MAX_BYTES) {
    throw mistakes(file, [{ place: file, what: { en: 'it is larger than 1 MiB', zh: '文件大于 1 MiB' } }]);
  }
  const lines = new LineCounter();
  const placeOf = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const { document, value } = parse(text, file, lines, placeOf);
  const { spec, issues } = checkSpec(isMap(document.contents) ? { ...(value as object), ...how } : value);
  if (spec) return spec;
  const found = issues.map(issue => ({ ...issue, offset: offsetOf(document, issue.path) })).sort((a, b) => a.offset - b.offset);
  throw mistakes(
    file,
    found.map(({ path, what, offset }) => ({ place: placeOf(offset), field: path.length ? fieldName(path) : undefined, what })),
  );
}

type PlaceOf = (offset: number) => string;

function parse(text: string, file: string, lines: LineCounter, placeOf: PlaceOf): { document: Document; value: unknown } {
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
    if (document.errors.length)
      throw mistakes(
        file,
        document.errors.map(error => ({ place: placeOf(error.pos[0]), what: yamlMistake(error) })),
      );
    const value = document.toJS({ maxAliasCount: MAX_ALIASES });
    if (value === null || value === undefined)
      throw mistakes(file, [{ place: file, what: { en: 'it is empty', zh: '文件为空' } }]);
    return { document, value };
  } catch (error) {
    if (error instanceof Problem) throw error;
    // yaml throws for an alias that stands for too much or for nothing; the engine for one that nests without end.
    const words = error instanceof RangeError ? 'it is nested too deeply' : String((error as Error).message);
    throw mistakes(file, [{ place: file, what: { en: `it cannot be read: ${words}`, zh: `无法读取：${words}` } }]);
  }
}

const yamlMistakes: Partial<Record<YAMLError['code'], Text>> = {
  DUPLICATE_KEY: { en: 'the same field is given twice', zh: '同一字段出现两次' },
  TAB_AS_INDENT: { en: 'a tab is used to indent; YAML takes spaces only', zh: '使用了制表符缩进；YAML 只接受空格' },
  BAD_INDENT: { en: 'this line is indented differently from its neighbours', zh: '此行的缩进与相邻行不一致' },
  MULTIPLE_DOCS: {
    en: 'a second document starts here (---); one file describes one cluster',
    zh: '此处开始了第二个文档（---）；一个文件只描述一个集群',
  },
};

function yamlMistake(error: YAMLError): Text {
  return yamlMistakes[error.code] ?? { en: `this is not YAML: ${error.message}`, zh: `不是有效的 YAML：${error.message}` };
}

/** Where the value of a field stands in the text: of one that is not known its name, of one that is missing what it is missing from. */
function offsetOf(document: Document, path: Path): number {
  for (let length = path.length; length > 0; length--) {
    const holder = document.getIn(path.slice(0, length - 1), true);
    const name = path[length - 1]!;
    const pair = isMap(holder)
      ? holder.items.find(({ key }) => isScalar(key) && String(key.value) === String(name))
      : undefined;
    const value = isMap(holder) ? pair?.value : document.getIn(path.slice(0, length), true);
    const isKnown = typeof name === 'number' || fieldsAt(path.slice(0, length - 1)).includes(name);
    const node = length === path.length && isKnown ? (value ?? pair?.key) : (pair?.key ?? value);
    if (isNode(node) && node.range) return node.range[0];
  }
  return document.contents?.range?.[0] ?? 0;
}

interface Mistake {
  place: string;
  field?: string;
  what: Text;
}

function mistakes(file: string, all: Mistake[]): Problem {
  const line = ({ place, field, what }: Mistake, language: keyof Text) => {
    const colon = language === 'en' ? ': ' : '：';
    return field ? `${place}: ${field}${colon}${what[language]}` : `${place}: ${what[language]}`;
  };
  const list = (language: keyof Text) => all.map(each => line(each, language)).join('\n');
  return new Problem({
    code: 'spec',
    what: { en: list('en'), zh: list('zh') },
    remedy: {
      en: `Correct ${all.length === 1 ? 'this place' : `these ${all.length} places`} in ${file}; no host has been changed.`,
      zh: `请修正 ${file} 中的${all.length === 1 ? '这一处' : `这 ${all.length} 处`}；尚未更改任何主机。`,
    },
    place: all[0]!.place,
  });
}
