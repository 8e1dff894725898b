// From the parser's nodes to located values. Aliases are followed here and not by the parser, whose own limit
// (maxAliasCount) counts aliases and not the values behind them: an alias bomb ends as one mistake at its line.
import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  visit,
  type Alias,
  type Document,
  type Pair,
} from 'yaml';
import type { Located, Position } from './located.ts';

const MOST_VALUES = 20_000;
const MOST_DEPTH = 40;

/** Stops the walk through a document with a sentence for the line where it stood. */
export class Unreadable extends Error {
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

/** Throws Unreadable. `place` turns an offset into file and line. */
export function located(document: Document.Parsed, place: (offset: number) => Position): Located {
  const aliases = anchorsOf(document);
  let left = MOST_VALUES;

  /** A node without a range (nothing is written there) is said to be where `around` is. */
  const placeOf = (node: unknown, around: Position): Position =>
    isNode(node) && node.range ? place(node.range[0]) : around;

  const locate = (node: unknown, around: Position, depth: number): Located => {
    const here = placeOf(node, around);
    left -= 1;
    refuseHostile(left, depth, here);
    if (isAlias(node)) {
      // What was written is the alias: mistakes inside point at it, not at the anchor.
      return { ...locate(anchorOf(node, aliases, here), here, depth + 1), ...here };
    }
    if (isScalar(node)) return { ...here, kind: 'scalar', value: node.value };
    if (isSeq(node)) {
      const items = node.items.map((item) => locate(item, here, depth + 1));
      return { ...here, kind: 'list', items };
    }
    if (!isMap(node)) return { ...here, kind: 'scalar', value: null };
    const entries = new Map<string, { key: Position; value: Located }>();
    for (const pair of node.items) {
      const key = placeOf(pair.key, here);
      const name = keyOf(pair, key);
      // `1` and `'1'` are two keys of YAML, and one here.
      if (entries.has(name)) {
        throw new Unreadable(key.line, `the key ${name} is there twice; keep one`);
      }
      entries.set(name, { key, value: locate(pair.value, key, depth + 1) });
    }
    return { ...here, kind: 'map', entries };
  };
  return locate(document.contents, place(0), 0);
}

/** `left`: how many more values are allowed. */
function refuseHostile(left: number, depth: number, { line }: Position): void {
  if (left < 0) {
    const message = `more than ${MOST_VALUES} values once its aliases (*name) are followed; write fewer or smaller anchors`;
    throw new Unreadable(line, message);
  }
  if (depth > MOST_DEPTH) {
    const message = `nested deeper than ${MOST_DEPTH} levels, or an alias inside its own anchor; write it flatter`;
    throw new Unreadable(line, message);
  }
}

/** What each alias stands for: the last anchor of that name before it. */
function anchorsOf(document: Document.Parsed): Map<Alias, unknown> {
  const anchors = new Map<string, unknown>();
  const targets = new Map<Alias, unknown>();
  visit(document, {
    Node(_, node) {
      if (isAlias(node)) targets.set(node, anchors.get(node.source));
      else if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
  });
  return targets;
}

function anchorOf(alias: Alias, aliases: Map<Alias, unknown>, { line }: Position): unknown {
  const target = aliases.get(alias);
  if (target !== undefined) return target;
  const message = `the alias *${alias.source} has no anchor &${alias.source} before it`;
  throw new Unreadable(line, message);
}

function keyOf(pair: Pair, place: Position): string {
  const key = isScalar(pair.key) ? pair.key.value : undefined;
  if (typeof key !== 'string' && typeof key !== 'number' && typeof key !== 'boolean') {
    const braces = '{{...}} without quotes is a map in YAML; write it in quotes';
    const message = isMap(pair.key) ? braces : 'a key is no plain text; write `name: value`';
    throw new Unreadable(place.line, message);
  }
  if (key === '__proto__') throw new Unreadable(place.line, 'the key __proto__ is not allowed');
  return String(key);
}
