// The placeholders of what a drill gives to services: `{{copy.orders.password}}` stands for something that only the copy
// of that datastore has. Plans, histories and reports keep them; whoever starts the service fills them in.
import { misplacedIn, placeholdersIn, replaced } from '../text/placeholders.ts';

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
