// The end of a copy; and what stays of it all the same, because a datastore's own service made it.
import type { BackupsPort, DatastoreRef } from '../../ports/backups.ts';
import type { NamedFilesPort } from '../../ports/named-files.ts';
import type { BoundPlace } from '../../domain/recovery/binding.ts';
import { Failure } from '../../domain/failure.ts';
import type { Call } from '../call.ts';

export interface DiscardPorts {
  backups: Pick<BackupsPort, 'copies' | 'discard'>;
  namedFiles: Pick<NamedFilesPort, 'left'>;
}

/** `made`: where the datastore's own service was asked to make it. Answers what is left there as `left`, a sentence. */
export async function discardCopy(
  { copy, made }: { copy: string; made?: { store: DatastoreRef; into: BoundPlace } },
  call: Call,
  { backups, namedFiles }: DiscardPorts,
): Promise<{ detail: string; left?: string }> {
  await backups.discard(copy, call);
  const isThere = (await backups.copies()).some((one) => one.copy === copy);
  if (isThere) throw new Failure('Unavailable', `the copy ${copy} is still there after its end`);
  const detail = `${copy} is gone`;
  const left = made && (await namedFiles.left(made, call));
  return left === undefined ? { detail } : { detail: `${detail}; ${left}`, left };
}
