import { cyan, dim, type Line, type Span } from '../../components/line.js';

/** The pages of a screen in a line; the one that is open is marked. */
export const tabs = <Id extends string>(ids: readonly Id[], open: Id, titles: Record<Id, string>): Line => [
  ' ',
  ...ids.flatMap((id): (Span | string)[] => [
    id === open ? { ...cyan(`▸${titles[id]}`), bold: true } : dim(` ${titles[id]}`),
    '   ',
  ]),
];
