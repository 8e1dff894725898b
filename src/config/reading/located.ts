// A YAML value that remembers where each part of it stands, so that a mistake found after files were
// merged still points into the file and at the line that somebody wrote.
import type { Mistake } from './mistake.ts';

export type Path = readonly (string | number)[];

export interface Position {
  file: string;
  line: number;
}

export type Located = Position &
  (
    | { kind: 'map'; entries: Map<string, { key: Position; value: Located }> }
    | { kind: 'list'; items: Located[] }
    | { kind: 'scalar'; value: unknown }
  );

/** `own` over `base`: maps are merged key by key, everything else is replaced. */
export function merged(base: Located, own: Located): Located {
  if (base.kind !== 'map' || own.kind !== 'map') return own;
  const entries = new Map(base.entries);
  for (const [key, entry] of own.entries) {
    const inherited = base.entries.get(key);
    const value = inherited ? merged(inherited.value, entry.value) : entry.value;
    entries.set(key, { key: entry.key, value });
  }
  return { ...own, entries };
}

/** The plain JSON value. Keys never reach a prototype: yaml-file.ts refuses `__proto__`. */
export function plain(located: Located): unknown {
  if (located.kind === 'scalar') return located.value;
  if (located.kind === 'list') return located.items.map(plain);
  return Object.fromEntries([...located.entries].map(([key, { value }]) => [key, plain(value)]));
}

/** Where the value at `path` is written: its key's line; the nearest part that is there, if it is not. */
export function placeOf(root: Located, path: Path): Position {
  let here: Located = root;
  let place: Position = root;
  for (const part of path) {
    if (here.kind === 'map') {
      const entry = here.entries.get(String(part));
      if (!entry) return place;
      [place, here] = [entry.key, entry.value];
    } else if (here.kind === 'list') {
      const item = here.items[Number(part)];
      if (!item) return place;
      [place, here] = [item, item];
    } else return place;
  }
  return place;
}

/** Whether somebody wrote a value there, and no default filled it in. */
export function isWritten(root: Located, path: Path): boolean {
  let here: Located | undefined = root;
  for (const part of path) {
    if (here?.kind === 'map') here = here.entries.get(String(part))?.value;
    else here = here?.kind === 'list' ? here.items[Number(part)] : undefined;
  }
  return here !== undefined;
}

export function mistakeAt(root: Located, path: Path, message: string): Mistake {
  const { file, line } = placeOf(root, path);
  return { file, line, path: path.join('.'), message };
}
