// One file of YAML to a located value, or what is wrong with it as YAML. Nothing in a file can make this
// throw, hang or fill the memory: size, depth and the number of values (aliases followed) are bounded.
import { isScalar, LineCounter, parseDocument, type YAMLError } from 'yaml';
import type { Located } from './located.ts';
import type { Mistake } from './mistake.ts';
import { located, Unreadable } from './yaml-walk.ts';

const MOST_BYTES = 256 * 1024;

export type YamlFile = { root: Located } | { mistakes: Mistake[] };

/** `file` is the name shown in messages. */
export function readYaml(bytes: Uint8Array, file: string): YamlFile {
  const wrong = (line: number, message: string): YamlFile => ({
    mistakes: [{ file, line, path: '', message }],
  });
  if (bytes.length > MOST_BYTES) {
    return wrong(1, `the file has ${bytes.length} bytes; a system file has at most ${MOST_BYTES}`);
  }
  const text = decoded(bytes);
  if (typeof text === 'number') return wrong(text, 'not UTF-8; save the file as UTF-8');
  try {
    return readText(text, file);
  } catch (error) {
    if (error instanceof Unreadable) return wrong(error.line, error.message);
    // The parser itself gave up: nested too deep for the stack.
    return wrong(
      1,
      `cannot be read as YAML: ${error instanceof Error ? error.message : 'unknown'}`,
    );
  }
}

/** The text, or the line of the first bytes that are no UTF-8. */
function decoded(bytes: Uint8Array): string | number {
  try {
    // Bytes of 0 are UTF-16 that happens to be UTF-8 too.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const zero = text.indexOf('\0');
    return zero < 0 ? text : text.slice(0, zero).split('\n').length;
  } catch {
    const lenient = new TextDecoder('utf-8').decode(bytes);
    return lenient.slice(0, lenient.indexOf('\uFFFD')).split('\n').length;
  }
}

function readText(text: string, file: string): YamlFile {
  const lines = new LineCounter();
  // `merge: false`: `<<` stays an unknown key; `base:` is how systems share.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: false });
  const line = (offset: number): number => Math.max(1, lines.linePos(offset).line);
  const errors = [...document.errors, ...document.warnings];
  if (errors.length > 0) {
    return { mistakes: syntaxMistakes(errors, text, file, line) };
  }
  if (
    document.contents === null ||
    (isScalar(document.contents) && document.contents.value === null)
  ) {
    throw new Unreadable(1, 'the file is empty; write at least `system:` and `services:`');
  }
  return { root: located(document, (offset) => ({ file, line: line(offset) })) };
}

function syntaxMistakes(
  errors: YAMLError[],
  text: string,
  file: string,
  line: (offset: number) => number,
): Mistake[] {
  const mistakes = errors.map((error) => ({
    file,
    line: line(error.pos[0]),
    path: '',
    message: syntaxMessage(error, text),
  }));
  // What follows these is misread: only they are worth saying.
  const first = mistakes.find(({ message }) => message === TAB || message === TOO_DEEP);
  const once = new Map(mistakes.map((one) => [`${one.line} ${one.message}`, one]));
  return first ? [first] : [...once.values()].slice(0, 20);
}

const TAB = 'a tab is used for indentation; write spaces';
const TOO_DEEP = 'nested too deep; write it flatter';

function syntaxMessage(error: YAMLError, text: string): string {
  if (error.code === 'TAB_AS_INDENT' || indentedByTab(text, error.pos[0])) return TAB;
  if (error.message.startsWith('Maximum call stack')) return TOO_DEEP;
  if (error.code === 'MULTIPLE_DOCS') {
    return 'a second document starts here; a system file holds one (remove the line `---`)';
  }
  if (error.code === 'DUPLICATE_KEY') {
    const key = /^[^\s:]+/.exec(text.slice(error.pos[0]))?.[0] ?? '';
    return `the key ${key} is there twice; keep one`;
  }
  const braces = bareBraces(text, error.pos[0]);
  if (braces !== undefined) return braces;
  return `not valid YAML: ${error.message.split('\n')[0] ?? error.code}`;
}

/** `[node, {version}.mjs]`: what is in braces has to be quoted with all that it stands in. */
function bareBraces(text: string, offset: number): string | undefined {
  const unquoted = lineAt(text, offset).replace(/'[^']*'|"[^"]*"/g, '');
  const [bare] = /[^\s,[\]]*\{+[\w.-]+\}+[^\s,[\]]*/.exec(unquoted) ?? [];
  if (bare === undefined) return undefined;
  return `not valid YAML: a brace begins a map; write ${bare} in quotes: '${bare}'`;
}

/** Some tabs end in other errors: look at the line itself. */
function indentedByTab(text: string, offset: number): boolean {
  return /^ *\t/.test(lineAt(text, offset));
}

function lineAt(text: string, offset: number): string {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const end = text.indexOf('\n', start);
  return text.slice(start, end < 0 ? text.length : end);
}
