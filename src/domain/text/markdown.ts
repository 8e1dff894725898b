// Pieces of Markdown for pages and reports. Whatever people or tools typed goes through `plain`, `code` or `fenced`:
// it shows as it was typed and cannot become a heading, a link, markup or a new table row.

const SPECIAL = /[\\`*_{}[\]<>()#+!|~&$]/g;
// Control characters, and those that turn the direction of text round.
const INVISIBLE = /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;

/** `text` as one line, without control characters and without those that turn the direction of text round. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').replace(INVISIBLE, '');
}

/** `text` as one line of Markdown, every special character escaped by a backslash: the Web UI shows entities as they are. */
export function plain(text: string): string {
  const line = oneLine(text).trim();
  const escaped = line.replace(SPECIAL, '\\$&').replace(/^[-=]/, '\\$&');
  // A list item; a backslash before a digit would be shown.
  return escaped.replace(/^(\d+)\.(?= )/, '$1\\.');
}

/** A row of a table; the caller has escaped every cell. */
export function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => (cell === '' ? ' ' : cell)).join(' | ')} |`;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [row(head), row(head.map(() => '---')), ...rows.map(row)];
}

/** A block of code that shows `text` as it is, such as JSON to paste. Its backticks are more than any run of them inside. */
export function fenced(language: string, text: string): string[] {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map((match) => match[0].length));
  const fence = '`'.repeat(Math.max(3, longest + 1));
  return [`${fence}${language}`, text, fence];
}

/** Inline code that shows `text` as it is, on one line. Its backticks are more than any run of them inside. */
export function code(text: string): string {
  const line = oneLine(text);
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map((match) => match[0].length));
  const quote = '`'.repeat(longest + 1);
  const gap = line.startsWith('`') || line.endsWith('`') ? ' ' : '';
  return `${quote}${gap}${line}${gap}${quote}`;
}

/** A bar of `width` characters, `█████░░░░░` for 50 percent: full only for 100, empty only for 0. */
export function bar(percent: number, width = 20): string {
  const rounded = Math.round((percent / 100) * width);
  const most = percent >= 100 ? width : width - 1;
  const full = Math.min(most, Math.max(percent > 0 ? 1 : 0, rounded));
  return '█'.repeat(full) + '░'.repeat(width - full);
}

/** A duration of `ms` for tables: `850 ms`, `4.2 s`, `3 m 20 s`, `2 h 05 m`, `3 d 4 h`. */
export function span(ms: number): string {
  if (!Number.isFinite(ms) || ms < 0) return '?';
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const [seconds, minutes, hours] = [ms / 1000, ms / 60_000, ms / 3_600_000].map(Math.floor);
  if (minutes === undefined || seconds === undefined || hours === undefined) return '?';
  if (minutes < 60) return `${minutes} m ${String(seconds % 60).padStart(2, '0')} s`;
  if (hours < 48) return `${hours} h ${String(minutes % 60).padStart(2, '0')} m`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** The duration from one ISO 8601 time to another; empty where one is unknown. */
export function spanBetween(
  from: string | null | undefined,
  to: string | null | undefined,
): string {
  if (from === null || from === undefined || to === null || to === undefined) return '';
  return span(Date.parse(to) - Date.parse(from));
}
