// The placeholders of what a drill gives to services: `{{copy.orders.password}}` stands for something that only the copy
// of that datastore has. Plans, histories and reports keep them; whoever starts the service fills them in.
import type { DatastoreKind } from '../config/datastores.ts';
import { misplacedIn, placeholdersIn, replaced } from './placeholders.ts';

/** What a copy of each kind has of its own. Where it is reached is no part of it: that is where the live one is. */
const COPY_FIELDS = {
  files: [],
  postgres: ['user', 'password', 'database'],
  redis: ['user', 'password'],
} as const satisfies Record<DatastoreKind, readonly string[]>;

/** `copy.orders.password`; a field that no kind has is a stranger. */
interface CopyPlaceholder {
  datastore: string;
  field: string;
}

const COPY = /^copy\.([^.\s]+)\.([^.\s]+)$/;

export function copyPlaceholder(name: string): CopyPlaceholder | undefined {
  const [, datastore, field] = COPY.exec(name) ?? [];
  return datastore === undefined || field === undefined ? undefined : { datastore, field };
}

/** `{{copy.orders.user}}` and its kin, without the braces. */
export function copyNames(datastore: string, kind: DatastoreKind): string[] {
  return COPY_FIELDS[kind].map((field) => `copy.${datastore}.${field}`);
}

/** Everything in double braces that is not in `known`, as written; braces without their partner too. */
export function strangeIn(text: string, known: readonly string[]): string[] {
  const left = misplacedIn(text);
  const strange = placeholdersIn(text).filter((name) => !known.includes(name));
  return [...strange, ...(left === undefined ? [] : [left])];
}

/** Datastores whose copies the values ask something of. */
export function copiesNamed(environment: Readonly<Record<string, string>>): string[] {
  const named = Object.values(environment).flatMap((value) =>
    placeholdersIn(value).flatMap((name) => copyPlaceholder(name)?.datastore ?? []),
  );
  return [...new Set(named)].sort();
}

/** `known`: values by the name of their placeholder. */
export function filledEnvironment(
  environment: Readonly<Record<string, string>>,
  known: ReadonlyMap<string, string>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [
      name,
      replaced(value, (one) => known.get(one)),
    ]),
  );
}
