import { bold, dim, type Line, red, type Span, yellow } from '../../components/line.js';
import { wrap } from '../../components/text.js';
import { loginOf } from '../../state/spec.js';
import type { View } from '../screen.js';
import { currentRow, gib, nameOf } from './row.js';

/**
 * What there is to know of the row under the cursor, and what to do about it.
 * @param isBeside its facts stand beside the list
 */
export function aboutCurrent(view: View, isBeside = false): Line[] {
  const { state, t, columns } = view;
  const row = currentRow(view);
  if (!row) return [];
  const { host, found } = row;
  const indent = nameOf(row).length + 3;
  const name: Line = [' ', bold(nameOf(row)), '  '];
  const hanging = (first: Line, text: string, paint: (text: string) => Span | string): Line[] =>
    wrap(text, columns - indent - 1).map((line, i) => [...(i === 0 ? first : [' '.repeat(indent)]), paint(line)]);
  const below: Line = [' '.repeat(indent)];

  if (!host) {
    const { address, from, port = 22 } = found!.candidate;
    const said =
      found!.is === 'refused' || found!.is === 'other'
        ? t.discovery.aboutNoSsh(address, port)
        : t.discovery.aboutFound(address, from);
    return hanging(name, said, dim);
  }
  const known = state.hosts[host.name];
  const { jump } = loginOf(state.spec, host);
  if (known?.state === 'failed')
    return [
      ...hanging(name, known.problem!.what[state.language], red),
      ...hanging(below, known.problem!.remedy[state.language], text => text),
      ...(known.problem!.code === 'unreachable' && !jump ? hanging(below, t.discovery.aboutJump, text => text) : []),
    ];
  if (known?.state === 'ready') {
    const facts = known.facts!;
    const { pretty } = facts.os;
    const inside = host.internalAddress;
    const said: [text: string, paint: typeof dim][] = [
      ...told(
        !isBeside && t.hosts.ready(pretty, facts.kernel, facts.cpus, gib(facts.memoryMiB), gib(facts.disks[0]?.freeMiB)),
        dim,
      ),
      ...told(inside && inside !== host.address && t.discovery.inside(inside), dim),
      ...told(jump && t.discovery.reachedVia(jump), dim),
      ...told(known.byPassword && t.discovery.aboutPassword(host.name), yellow),
      ...told(facts.cluster.state !== 'none' && `! ${t.hosts.exists}`, yellow),
      ...advice(view, host.name).flatMap(line => told(line, yellow)),
    ];
    return said.flatMap(([text, paint], i) => hanging(i === 0 ? name : below, text, paint));
  }
  const way = [t.hosts.as(loginOf(state.spec, host).user), ...(jump ? [t.discovery.via(jump)] : [])].join(' ');
  return hanging(name, known?.state === 'asking' ? `${way} …` : t.hosts.notAsked, dim);
}

const told = (text: string | false | undefined, paint: typeof dim): [string, typeof dim][] => (text ? [[text, paint]] : []);

/** What is doubtful about this host, or about all as a group. */
function advice({ state }: View, name: string): string[] {
  const { findings, notes } = state.discovery.advice;
  const said = findings
    .filter(({ host }) => host === null || host === name)
    .map(({ what, remedy }) => `! ${what[state.language]}. ${remedy[state.language]}`);
  return [...said, ...notes].slice(0, 3);
}
