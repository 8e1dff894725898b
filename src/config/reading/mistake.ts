// One thing that is wrong with a system file, and where.
export interface Mistake {
  /** Relative to the parent of the systems folder: `systems/shop/system.yaml`. */
  file: string;
  /** From 1. */
  line: number;
  /** Dotted; empty for the whole file. */
  path: string;
  /** What is wrong, and what is allowed. */
  message: string;
}

/** `file:line: path: message`, the form that editors and people can jump to. */
export function mistakeLine(mistake: Mistake): string {
  const path = mistake.path === '' ? '' : `${mistake.path}: `;
  return `${mistake.file}:${mistake.line}: ${path}${mistake.message}`;
}

/** By file in the order given, then by line. Without doubles. */
export function inOrder(mistakes: Mistake[]): Mistake[] {
  const files = [...new Set(mistakes.map((mistake) => mistake.file))];
  const unique = new Map(mistakes.map((mistake) => [mistakeLine(mistake), mistake]));
  return [...unique.values()].sort(
    (a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line,
  );
}
