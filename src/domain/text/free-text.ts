// Tells text that somebody or some tool wrote from what Fairlead's own values are made of. Only text may hold a
// secret; a name or a verdict that was changed on the way would make an operation ask for what does not exist.

/** Fields whose values are names, ids, digests and words of Fairlead's own: they stay as they are, whatever secret happens to read the same. */
const STRUCTURE: ReadonlySet<string> = new Set([
  ...['schema', 'kind', 'type', 'status', 'state', 'condition', 'ended', 'verdict'],
  ...['system', 'service', 'version', 'revision', 'id', 'name', 'operation'],
  ...['workflowId', 'runId', 'digest', 'systemDigest'],
]);
/** The form of a key that stays as it is: a field of ours, or the name of something that a system file declares. */
const FIELD = /^[A-Za-z][A-Za-z0-9-]{0,62}$/;

/** A copy of a JSON value in which `change` was applied to every text, and to every key that is no name. */
export function changeText<T>(value: T, change: (text: string) => string): T {
  // The same shape comes back, with other strings: the type checker cannot know.
  return walk(value, change) as T;
}

function walk(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item: unknown) => walk(item, change));
  if (typeof value !== 'object' || value === null) return value;
  const entries = new Map<string, unknown>();
  for (const [key, item] of Object.entries(value)) {
    const isName = STRUCTURE.has(key) && typeof item === 'string';
    const shown = FIELD.test(key) ? key : change(key);
    entries.set(freeKey(shown, entries), isName ? item : walk(item, change));
  }
  return Object.fromEntries(entries);
}

/** A key that is not taken yet: two keys that became equal are both kept. */
function freeKey(key: string, taken: ReadonlyMap<string, unknown>): string {
  let free = key;
  for (let count = 2; taken.has(free); count += 1) free = `${key} ${count}`;
  return free;
}
