// Finds a key that stands twice in one object of a JSON text: readers differ on which of the two counts, so that one
// of them could show what the other one checked. Called by `fairlead report verify`.

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]/gs;

/** The first such key; `undefined` when there is none. For a text that JSON.parse has accepted. */
export function repeatedKeyIn(text: string): string | undefined {
  /** One per open bracket: the keys of an object, nothing for a list. */
  const open: (Set<string> | undefined)[] = [];
  let last = '';
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(undefined);
    else if (token === '}' || token === ']') open.pop();
    else if (token === ':') {
      const key: unknown = JSON.parse(last);
      const keys = open.at(-1);
      if (keys === undefined || typeof key !== 'string') continue;
      if (keys.has(key)) return key;
      keys.add(key);
    }
    last = token;
  }
  return undefined;
}
