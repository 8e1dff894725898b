// Lines of logs that say the same but for numbers, ids and times, counted. Pure.

export interface Trouble {
  /** How often it was said. */
  count: number;
  /** Who said it, in the order of their first time. */
  sources: string[];
  /** As it was said last. */
  last: string;
}

/** The most frequent first. What is indented belongs to the line above it, and is not counted by itself. */
export function summedUp(lines: readonly { source: string; text: string }[]): Trouble[] {
  const kinds = new Map<string, Trouble>();
  for (const { source, text } of lines) {
    if (/^\s/.test(text)) continue;
    const kind = kindOf(text);
    const known = kinds.get(kind) ?? { count: 0, sources: [], last: '' };
    const sources = known.sources.includes(source) ? known.sources : [...known.sources, source];
    kinds.set(kind, { count: known.count + 1, sources, last: text });
  }
  return [...kinds.values()].sort((a, b) => b.count - a.count);
}

function kindOf(text: string): string {
  return text
    .replaceAll(/\b(?=[0-9a-f-]*\d)[0-9a-f][0-9a-f-]{7,}\b/gi, '#')
    .replaceAll(/\d+(?:[.:,]\d+)*/g, '#');
}
