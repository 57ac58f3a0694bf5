/** The syntax tree of the POSIX shell, as the demo's shell parses and runs it. Text is bytes: one character each (latin1). */

export type Part =
  | { kind: 'text'; text: string }
  | { kind: 'quoted'; text: string }
  | { kind: 'double'; parts: Part[] }
  | { kind: 'parameter'; name: string; op: ParameterOp | null }
  | { kind: 'command'; body: List }
  | { kind: 'arithmetic'; parts: Part[] };

export type Word = Part[];

export type ParameterOp =
  | { sign: '-' | '=' | '+' | '?'; orEmpty: boolean; word: Word }
  | { sign: '#' | '##' | '%' | '%%'; word: Word }
  | { sign: 'length' };

export interface Redirect {
  fd: number | null;
  operator: '<' | '>' | '>>' | '>|' | '<>' | '<&' | '>&' | '<<';
  /** Of a here-document: its body. */
  target: Word;
}

export interface Simple {
  kind: 'simple';
  assignments: { name: string; value: Word }[];
  words: Word[];
  redirects: Redirect[];
}

export type Compound = { redirects: Redirect[] } & (
  | { kind: 'group' | 'subshell'; body: List }
  | { kind: 'if'; arms: { condition: List; body: List }[]; otherwise: List | null }
  | { kind: 'for'; name: string; words: Word[] | null; body: List }
  | { kind: 'while'; until: boolean; condition: List; body: List }
  | { kind: 'case'; word: Word; arms: { patterns: Word[]; body: List }[] }
);

export type Command =
  | Simple
  | Compound
  | { kind: 'function'; name: string; body: Command }
  | { kind: 'pipeline'; negated: boolean; commands: Command[] }
  | { kind: 'and-or'; first: Command; rest: { operator: '&&' | '||'; command: Command }[] };

export type List = { command: Command; background: boolean }[];

/** What dash would say: `Syntax error: ...`. */
export class ShellSyntaxError extends Error {}
/** The text ends before the command does: more has to be read first. */
export class Incomplete extends Error {}
