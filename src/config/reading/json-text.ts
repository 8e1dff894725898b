// Where a text stops being JSON, and where a key stands twice: JSON.parse does not always say the one, and never the other.

interface TextPosition {
  /** From 1. */
  line: number;
  message: string;
}

type Awaited = 'value' | 'firstItem' | 'firstKey' | 'key' | 'colon' | 'next' | 'end';

const ALLOWED: Record<Awaited, string> = {
  value: 'a value',
  firstItem: 'a value or ]',
  firstKey: 'a key in double quotes or }',
  key: 'a key in double quotes',
  colon: 'a colon',
  next: 'a comma or the closing bracket',
  end: 'the end',
};

const SPACE = /[ \t\r\n]*/y;
const TEXT = /"(?:[^"\\\n]|\\.)*"/y;
const SCALAR = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y;

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]/gs;

/** The first key that stands twice in one object; undefined when there is none. For a text that JSON.parse accepts, which keeps the last. */
export function repeatedKeyIn(text: string): { key: string; line: number } | undefined {
  /** The brackets that are open, outermost first: of an object its keys so far, of a list undefined. */
  const open: (Set<string> | undefined)[] = [];
  let last = '';
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(undefined);
    else if (token === '}' || token === ']') open.pop();
    else if (token === ':') {
      const key: unknown = JSON.parse(last);
      const keys = open.at(-1);
      if (keys === undefined || typeof key !== 'string') continue;
      if (keys.has(key)) return { key, line: text.slice(0, index).split('\n').length };
      keys.add(key);
    }
    last = token;
  }
  return undefined;
}

/** The first place that no JSON has. For a text that JSON.parse refused. */
export function brokenAt(text: string): TextPosition {
  const [offset, awaited] = scan(text);
  const line = text.slice(0, offset).split('\n').length;
  const rest = text.slice(offset);
  if (rest === '')
    return { line, message: `not valid JSON: it ends where ${ALLOWED[awaited]} is due` };
  const word = /^[+-]?(?:NaN|Infinity|nan|inf)\b/.exec(rest)?.[0];
  if (word !== undefined) {
    return { line, message: `not valid JSON: ${word}; write null or "NaN" for what is no number` };
  }
  if (rest.startsWith('"') && !['colon', 'next', 'end'].includes(awaited)) {
    const allowed = 'close it, on one line, with the escapes of JSON';
    return { line, message: `not valid JSON: a text that cannot be read; ${allowed}` };
  }
  const found = JSON.stringify(/^[\w.+-]{1,20}|^./su.exec(rest)?.[0] ?? '');
  return { line, message: `not valid JSON: ${found} stands where ${ALLOWED[awaited]} is due` };
}

/** How far it is JSON, and what should follow there. */
function scan(text: string): [offset: number, awaited: Awaited] {
  const open: string[] = [];
  let awaited: Awaited = 'value';
  for (let offset = 0; ;) {
    offset += lengthOf(SPACE, text, offset);
    const step = next(text, offset, awaited, open);
    if (step === undefined) return [offset, awaited];
    offset += step.length;
    awaited = step.awaited;
  }
}

interface Step {
  length: number;
  awaited: Awaited;
}

/** `open` holds the brackets that are not closed yet. Undefined where no JSON goes on. */
function next(text: string, offset: number, awaited: Awaited, open: string[]): Step | undefined {
  const mark = text.charAt(offset);
  switch (awaited) {
    case 'end':
      return undefined;
    case 'colon':
      return mark === ':' ? { length: 1, awaited: 'value' } : undefined;
    case 'next':
      if (mark === ',') return { length: 1, awaited: open.at(-1) === '{' ? 'key' : 'value' };
      return closing(mark, open);
    case 'firstKey':
      return mark === '}' ? closing(mark, open) : key(text, offset);
    case 'key':
      return key(text, offset);
    case 'firstItem':
      return mark === ']' ? closing(mark, open) : value(text, offset, open);
    case 'value':
      return value(text, offset, open);
  }
}

function key(text: string, offset: number): Step | undefined {
  const length = textLength(text, offset);
  return length > 0 ? { length, awaited: 'colon' } : undefined;
}

function value(text: string, offset: number, open: string[]): Step | undefined {
  const mark = text.charAt(offset);
  if (mark === '{' || mark === '[') {
    open.push(mark);
    return { length: 1, awaited: mark === '{' ? 'firstKey' : 'firstItem' };
  }
  const length = mark === '"' ? textLength(text, offset) : lengthOf(SCALAR, text, offset);
  return length > 0 ? { length, awaited: open.length === 0 ? 'end' : 'next' } : undefined;
}

function closing(mark: string, open: string[]): Step | undefined {
  const last = open.at(-1);
  if (!((mark === '}' && last === '{') || (mark === ']' && last === '['))) return undefined;
  open.pop();
  return { length: 1, awaited: open.length === 0 ? 'end' : 'next' };
}

/** 0 where it does not match. */
function lengthOf(pattern: RegExp, text: string, offset: number): number {
  pattern.lastIndex = offset;
  return pattern.exec(text)?.[0].length ?? 0;
}

/** 0 where there is no text, or one with control characters or escapes that JSON does not know. */
function textLength(text: string, offset: number): number {
  const length = lengthOf(TEXT, text, offset);
  try {
    JSON.parse(text.slice(offset, offset + length));
    return length;
  } catch {
    return 0;
  }
}
