// From the parser's nodes to located values. Aliases are followed here, against a budget, and not by the
// parser: an alias bomb ends as one mistake at the place where the budget ran out.
import { isAlias, isMap, isNode, isScalar, isSeq, visit } from 'yaml';
import type { Alias, Document, Pair, YAMLMap } from 'yaml';
import type { Located, Place } from './located.ts';

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
export function located(document: Document.Parsed, place: (offset: number) => Place): Located {
  const walk = new Walk(anchorsOf(document), place);
  return walk.locate(document.contents, place(0), 0);
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

class Walk {
  readonly #aliases: Map<Alias, unknown>;
  readonly #place: (offset: number) => Place;
  #left = MOST_VALUES;

  constructor(aliases: Map<Alias, unknown>, place: (offset: number) => Place) {
    this.#aliases = aliases;
    this.#place = place;
  }

  /** `around` is where a value without a place of its own (nothing written) is said to be. */
  locate(node: unknown, around: Place, depth: number): Located {
    const place = this.#placeOf(node, around);
    this.#spend(place, depth);
    if (isAlias(node)) {
      // What was written is the alias: mistakes inside point at it, not at the anchor.
      const target = this.#aliases.get(node);
      if (target === undefined) {
        const message = `the alias *${node.source} has no anchor &${node.source} before it`;
        throw new Unreadable(place.line, message);
      }
      return { ...this.locate(target, place, depth + 1), ...place };
    }
    if (isScalar(node)) return { ...place, kind: 'scalar', value: node.value };
    if (isMap(node)) return this.#map(node, place, depth);
    if (!isSeq(node)) return { ...place, kind: 'scalar', value: null };
    const items = node.items.map((item) => this.locate(item, place, depth + 1));
    return { ...place, kind: 'list', items };
  }

  #map(node: YAMLMap, place: Place, depth: number): Located {
    const entries = new Map<string, { key: Place; value: Located }>();
    for (const pair of node.items) {
      const key = this.#placeOf(pair.key, place);
      entries.set(keyOf(pair, key), { key, value: this.locate(pair.value, key, depth + 1) });
    }
    return { ...place, kind: 'map', entries };
  }

  #placeOf(node: unknown, around: Place): Place {
    return isNode(node) && node.range ? this.#place(node.range[0]) : around;
  }

  #spend(place: Place, depth: number): void {
    this.#left -= 1;
    if (this.#left < 0) {
      throw new Unreadable(
        place.line,
        `more than ${MOST_VALUES} values once its aliases (*name) are followed; write fewer or smaller anchors`,
      );
    }
    if (depth > MOST_DEPTH) {
      throw new Unreadable(
        place.line,
        `nested deeper than ${MOST_DEPTH} levels, or an alias inside its own anchor; write it flatter`,
      );
    }
  }
}

function keyOf(pair: Pair, place: Place): string {
  const key = isScalar(pair.key) ? pair.key.value : undefined;
  if (typeof key !== 'string' && typeof key !== 'number' && typeof key !== 'boolean') {
    throw new Unreadable(place.line, 'a key is no plain text; write `name: value`');
  }
  if (key === '__proto__') throw new Unreadable(place.line, 'the key __proto__ is not allowed');
  return String(key);
}
