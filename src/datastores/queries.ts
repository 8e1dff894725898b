// SQL on live datastores, as ports/steps/queries.ts says: asks the kind of each.
import { Failure } from '../domain/failure.ts';
import type { QueriesPort, QueryInput } from '../ports/steps/queries.ts';
import type { Stores, Store } from './store.ts';

export function createQueries(stores: Stores): QueriesPort {
  const of = ({ store }: QueryInput): NonNullable<Store['queries']> => {
    const { queries } = stores[store.settings.kind];
    if (queries !== undefined) return queries;
    throw new Failure(
      'Unsupported',
      `asking ${store.datastore}: a datastore of kind ${store.settings.kind} answers no SQL; write a command instead`,
    );
  };
  return {
    look: (input, waiting) => of(input).look(input, waiting),
    change: (input, waiting) => of(input).change(input, waiting),
  };
}
