type Value = unknown;

/** The values that a path such as `.items[*].metadata.name` or `.a[?(@.type=="Ready")].b` leads to. */
export function follow(from: Value, path: string): Value[] {
  const steps = [
    ...path.matchAll(
      /\.((?:\\.|[A-Za-z0-9_-])+)|\[\?\(@((?:\.[\w-]+)+)\s*==\s*"([^"]*)"\)\]|\[\*\]|\.\*|\[(-?\d+)\]|\['([^']+)'\]/g,
    ),
  ];
  return steps.reduce<Value[]>(
    (values, [whole, name, field, wanted, index, quoted]) => {
      if (whole === '[*]' || whole === '.*')
        return values.flatMap(value =>
          Array.isArray(value) ? value : value && typeof value === 'object' ? Object.values(value) : [],
        );
      if (field !== undefined)
        return values.flatMap(value =>
          Array.isArray(value) ? value.filter(item => follow(item, field).some(found => String(found) === wanted)) : [],
        );
      if (index !== undefined)
        return values.flatMap(value =>
          Array.isArray(value) ? value.slice(Number(index), Number(index) + 1 || undefined).slice(0, 1) : [],
        );
      const key = (name ?? quoted ?? '').replace(/\\(.)/g, '$1');
      return values.flatMap(value =>
        value && typeof value === 'object' && !Array.isArray(value) && key in value
          ? [(value as Record<string, unknown>)[key]]
          : [],
      );
    },
    [from],
  );
}

const shown = (value: Value): string =>
  value === null || value === undefined ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value);

/** A jsonpath template as kubectl prints it. */
export function jsonpath(template: string, data: Value): string {
  const pieces = template.match(/\{[^{}]*\}|[^{}]+/g) ?? [];
  let at = 0;
  const render = (here: Value): string => {
    let text = '';
    while (at < pieces.length) {
      const piece = pieces[at++]!;
      if (!piece.startsWith('{')) {
        text += piece;
        continue;
      }
      const inner = piece.slice(1, -1).trim();
      if (inner === 'end') break;
      if (inner.startsWith('range ')) {
        const items = follow(here, inner.slice(6).trim());
        const start = at;
        for (const item of items) {
          at = start;
          text += render(item);
        }
        if (!items.length) render({});
        continue;
      }
      if (/^["']/.test(inner)) text += inner.slice(1, -1).replaceAll('\\n', '\n').replaceAll('\\t', '\t');
      else text += follow(here, inner.replace(/^[@$]/, '')).map(shown).join(' ');
    }
    return text;
  };
  return render(data);
}
