import { RELAY_DIRECTORY } from '../relay/host.js';
import { feeding, sh } from '../sh.js';
import type { Context, Piece, Step } from '../steps/step.js';
import type { PlannedStep } from './plan.js';
import prelude from './prelude.sh';

/** Each step's pieces for one host, as shell text. */
export function compileStep(step: Step, context: Context): PlannedStep {
  const resolve = (piece: Piece | undefined) => (typeof piece === 'function' ? piece(context) : piece);
  const file = step.file?.(context);
  const content = file && feeding(`file_${step.id}`, file.content);
  const check = resolve(step.check) ?? (file && sh`file_${step.id} same ${file.path}`);
  const apply = resolve(step.apply) ?? (file && sh`file_${step.id} put ${file.path} ${file.mode}`);
  if (!check || !apply) throw new TypeError(`step ${step.id} says neither what it checks and does nor which file it is about`);
  return {
    id: step.id,
    seed: step.seed,
    title: step.title,
    why: step.why,
    ...(step.proof && { proof: step.proof }),
    define: [content?.text, resolve(step.define)?.text].filter(Boolean).join('\n'),
    check: check.text,
    apply: apply.text,
    verify: resolve(step.verify)?.text ?? null,
  };
}

export interface ScriptOptions {
  /** Lines for people at its head. */
  about: string[];
  /** The cluster whose ledger the host keeps. */
  cluster: string;
  /** What is fetched comes over the line to the operator. */
  relay?: boolean;
  /** The file on the host that says by which proxy it goes out. */
  proxy?: string;
  /** Variables that it needs. */
  variables?: string[];
}

/** A script that stands by itself: under `sh` as root it does a phase's work; with K8S_TUI_MODE=check it only says what would be done. */
export function compileScript({ about, cluster, relay, proxy, variables = [] }: ScriptOptions, steps: PlannedStep[]): string {
  const head = [...about, ...variables.map(name => `needs ${name} in the environment`)];
  return `${[
    ['#!/bin/sh', ...head.map(line => `# ${line}`)].join('\n'),
    prelude.trimEnd(),
    sh`cluster=${cluster}${relay ? sh` relay=${RELAY_DIRECTORY}` : sh``}${proxy ? sh` proxy=${proxy}` : sh``}`.text,
    ...withoutRepeats(steps).map(stepText),
    steps.map(step => `step ${step.id}`).join('\n'),
  ].join('\n\n')}\n`;
}

/** Functions that several steps of a script share are defined once. */
function withoutRepeats(steps: PlannedStep[]): PlannedStep[] {
  const seen = new Set<string>();
  return steps.map(step => {
    const repeats = seen.has(step.define);
    seen.add(step.define);
    return repeats ? { ...step, define: '' } : step;
  });
}

/** A step of a script as people read it. */
export function stepText(step: PlannedStep): string {
  const title = [step.title.en, step.seed].filter(Boolean).join(' · ');
  return [
    `# ── ${title}\n# ${step.why.en}`,
    step.define,
    body(`check_${step.id}`, step.check),
    body(`apply_${step.id}`, step.apply),
    body(`verify_${step.id}`, step.verify ?? `check_${step.id}`),
  ]
    .filter(Boolean)
    .join('\n');
}

/** A shell function; text with a here-document keeps its lines where they are. */
export function body(name: string, text: string): string {
  if (!text.includes('\n')) return `${name}() { ${text}; }`;
  return `${name}() {\n${text.includes('<<') ? text : text.replace(/^(?=.)/gm, '  ')}\n}`;
}
