// Writes the tables of all keys into docs/system-file.md, from the schema of a system file:
//   node --import tsx scripts/system-file-page.ts
// A test compares (test/config/system-file-page.test.ts).
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Document, visit } from 'yaml';
import { DATASTORES } from '../src/config/kinds.ts';
import { wholeSchema, type SchemaNode } from '../src/config/reading/json-schema.ts';
import { allowedBy } from '../src/config/reading/schema-mistakes.ts';

export const PAGE = join(resolve(import.meta.dirname, '..'), 'docs', 'system-file.md');
const START = '<!-- keys: written by scripts/system-file-page.ts -->';

/** One key of a system file: `path` as in `services.NAME.health.path`, `[]` for each item of a list. */
export interface KeyNode {
  path: string;
  node: SchemaNode;
  /** Its items or entries were described before, under this path. */
  as?: string;
  /** The file is refused without it, where what it stands in is written. */
  required?: true;
}

/** Every key, those below it following it; what is written the same twice is described once. */
export function keysOf(
  node: SchemaNode = wholeSchema(),
  above = '',
  seen = new Map<string, string>(),
): KeyNode[] {
  return Object.entries(node.properties ?? {}).flatMap(([key, child]) => {
    if (typeof child !== 'object') return [];
    const path = above === '' ? key : `${above}.${key}`;
    const required = (node.required ?? []).includes(key) && child.default === undefined;
    const own: KeyNode = { path, node: child, ...(required && { required }) };
    const { below, at } = inside(child, path);
    if (below?.properties === undefined) return [own];
    const shape = JSON.stringify(below);
    const before = seen.get(shape);
    if (before !== undefined) return [{ ...own, as: before }];
    seen.set(shape, at);
    return [own, ...keysOf(below, at, seen)];
  });
}

/** What has keys of its own inside a value: the value itself, its items, or its entries. */
function inside(node: SchemaNode, path: string): { below?: SchemaNode; at: string } {
  if (node.properties !== undefined) return { below: node, at: path };
  const { items, additionalProperties: entries } = node;
  if (typeof items === 'object' && !Array.isArray(items)) return { below: items, at: `${path}[]` };
  return typeof entries === 'object' ? { below: entries, at: `${path}.NAME` } : { at: path };
}

/** The page with its tables made anew. */
export function renewed(page: string): string {
  const at = page.indexOf(START);
  if (at < 0) throw new Error(`${PAGE} has no line ${START}`);
  return `${page.slice(0, at)}${START}\n\n${tables()}`;
}

function tables(): string {
  const keys = keysOf();
  const sections = [...new Set(keys.map(({ path }) => path.split('.')[0] ?? ''))];
  return (
    [
      '### The top of the file\n\n' +
        table(
          keys.filter(({ path }) => !path.includes('.')),
          '',
        ),
      ...sections.flatMap((section) => {
        const own = keys.filter(({ path }) => path.startsWith(`${section}.`));
        if (own.length === 0) return [];
        const prefix = own.every(({ path }) => path.startsWith(`${section}.NAME.`))
          ? `${section}.NAME`
          : section;
        return [`### \`${prefix}\`\n\n${table(own, `${prefix}.`)}`];
      }),
    ].join('\n\n') + '\n'
  );
}

function table(keys: readonly KeyNode[], prefix: string): string {
  const rows = keys.map(({ path, node, as, required }) => {
    const meaning = `${node.meaning ?? ''}${as === undefined ? '' : ` Keys as in \`${as}\`.`}`;
    const cells = [
      `\`${path.slice(prefix.length)}\``,
      meaning,
      taken(node),
      required === true ? '**required**' : (neededBy(path) ?? standard(node)),
      example(node),
    ];
    return `| ${cells.map((one) => one.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return [
    '| key | what it is for | takes | without it | example |',
    '|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}

/** What a datastore of some kinds has to have, and one of another kind does not know. */
function neededBy(path: string): string | undefined {
  const [, field] = /^datastores\.NAME\.(\w+)$/.exec(path) ?? [];
  if (field === undefined) return undefined;
  const kinds = Object.entries(DATASTORES).flatMap(([kind, { needs }]) =>
    needs.some((one) => one === field) ? [kind] : [],
  );
  return kinds.length === 0 ? undefined : `**required** for ${kinds.join(', ')}`;
}

const SHORT: readonly (readonly [RegExp, string])[] = [
  [/^a duration with a unit.*longer than 0$/, 'a duration above 0'],
  [/^a duration with a unit.*/, 'a duration'],
  [/^a name of 1 to 63 .*/, 'a name'],
  [/^a map with .*/, 'a map'],
  [/^a list, each item a map with .*/, 'a list of maps'],
  [/^a list, each item a name of .*/, 'a list of names'],
  [/^a text that is not empty$/, 'a text'],
];

function taken(node: SchemaNode): string {
  const allowed = allowedBy(node);
  const short = SHORT.find(([form]) => form.test(allowed));
  return short?.[1] ?? allowed;
}

function standard({ default: value }: SchemaNode): string {
  if (value === undefined) return '';
  return isEmpty(value) ? 'empty' : `\`${flow(value)}\``;
}

function example(node: SchemaNode): string {
  if (node.example !== undefined) return `\`${flow(node.example)}\``;
  const { default: value } = node;
  return value === undefined || isEmpty(value) ? '' : `\`${flow(value)}\``;
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

/** A value as YAML in one line. */
function flow(value: unknown): string {
  const document = new Document(value);
  visit(document, {
    Collection: (_key, node) => {
      node.flow = true;
    },
  });
  return document.toString({ lineWidth: 0, singleQuote: true }).trim();
}

if (process.argv[1] === import.meta.filename) {
  writeFileSync(PAGE, renewed(readFileSync(PAGE, 'utf8')));
}
