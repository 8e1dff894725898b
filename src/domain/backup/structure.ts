// The structure of a datastore (tables, columns, constraints, functions ...) as one digest. Pure.
import { digestOf } from '../digest.ts';

/** Of how a server sorts and of its settings: no migration of anybody's. */
const NOT_STRUCTURE = new Set(['setting', 'locale']);

/** A definition of a datastore, as a backup has it. */
interface Defined {
  kind: string;
  of: string;
  name: string;
  text: string;
}

/** A digest of definitions; `undefined` where a kind has none. Partitions are made as time goes by, and are left out. */
export function structureOf(definitions: readonly Defined[]): string | undefined {
  const partitions = new Set(
    definitions
      .filter(({ text }) => /(^|; )partition (FOR VALUES|DEFAULT)/.test(text))
      .map(({ name }) => name),
  );
  const lasting = definitions.filter(
    ({ kind, of, name }) =>
      !NOT_STRUCTURE.has(kind) && !partitions.has(of) && !(of === '' && partitions.has(name)),
  );
  return definitions.length === 0 ? undefined : digestOf(lasting);
}
