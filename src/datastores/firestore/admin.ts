// The administration of Firestore's databases: backups that the service makes, and databases that it makes of them.
import { Failure } from '../../domain/failure.ts';
import type { Waiting } from '../../ports/waiting.ts';
import { withAdmin, type FirestoreAddress } from './connection.ts';
import { patiently } from './patiently.ts';
import type { AdminClient } from './admin-wire.ts';
import type { CallOptions } from './wire.ts';

/** Asks the administration of one database's project; what is refused for its quota is asked again, and told. */
export interface Admin {
  client: AdminClient;
  address: FirestoreAddress;
  /** `projects/P`. */
  project: string;
  call: CallOptions;
  patiently: <T>(what: string, ask: () => Promise<T>) => Promise<T>;
}

/** The full name of a database of a project, `projects/P`, as the administration has it. */
export function databasePath(project: string, database: string): string {
  return `${project}/databases/${database}`;
}

/** Undefined of an emulator that nobody administers. Throws Unsupported of any other place that knows no such question. */
export async function askAdmin<T>(
  address: FirestoreAddress,
  waiting: Waiting,
  work: (admin: Admin) => Promise<T>,
): Promise<T | undefined> {
  try {
    return await withAdmin(address, waiting.signal, (client, call) =>
      work({
        ...{ client, address, call, project: `projects/${address.project}` },
        patiently: (what, ask) => patiently(what, waiting, ask),
      }),
    );
  } catch (error) {
    const isUnknown = error instanceof Failure && error.kind === 'Unsupported';
    if (isUnknown && address.isEmulator) return undefined;
    throw error;
  }
}
