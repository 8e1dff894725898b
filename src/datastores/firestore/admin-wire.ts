// What Firestore's administration is asked and answers, as its client has it.
import type { CallOptions, Moment } from './wire.ts';

interface Answered {
  name?: string | null;
}

export interface WireBackup extends Answered {
  database?: string | null;
  state?: string | number | null;
  snapshotTime?: Moment | null;
  expireTime?: Moment | null;
  stats?: { sizeBytes?: number | string | null; documentCount?: number | string | null } | null;
}

export interface WireSchedule extends Answered {
  retention?: Moment | null;
  dailyRecurrence?: object | null;
  weeklyRecurrence?: object | null;
}

export interface WireDatabase extends Answered {
  pointInTimeRecoveryEnablement?: string | number | null;
  earliestVersionTime?: Moment | null;
  /** The backup that the database was made of, and the operation that makes it, which is named only while it goes on. */
  sourceInfo?: { backup?: { backup?: string | null } | null; operation?: string | null } | null;
}

/** A long-running operation of the service; `metadata` is encoded. */
export interface WireOperation extends Answered {
  done?: boolean | null;
  error?: { code?: number | null; message?: string | null } | null;
  metadata?: { type_url?: string | null; value?: Uint8Array | null } | null;
}

/** The progress of an operation that makes a database: its source, a backup or a moment of another one, and how far it is. */
export interface WireProgress {
  backup?: string | null;
  pitrSnapshot?: { database?: string | null; snapshotTime?: Moment | null } | null;
  progressPercentage?: { completedWork?: number | string | null } | null;
}

interface RestoreRequest {
  parent: string;
  databaseId: string;
  backup: string;
}

interface CloneRequest {
  parent: string;
  databaseId: string;
  pitrSnapshot: { database: string; snapshotTime: Moment };
}

type Ask<Request, Response> = (
  request: Request,
  call: CallOptions,
) => Promise<[Response, ...unknown[]]>;
interface Describes {
  metadataDecoder: (encoded: Uint8Array) => WireProgress;
}

/** As far as it is asked here; the package does not declare all of it. */
export interface AdminClient {
  listBackups: Ask<
    { parent: string },
    { backups?: WireBackup[] | null; unreachable?: string[] | null }
  >;
  listBackupSchedules: Ask<{ parent: string }, { backupSchedules?: WireSchedule[] | null }>;
  getDatabase: Ask<{ name: string }, WireDatabase>;
  restoreDatabase: Ask<RestoreRequest, Answered>;
  cloneDatabase: Ask<CloneRequest, Answered>;
  descriptors: { longrunning: { restoreDatabase: Describes; cloneDatabase: Describes } };
  operationsClient: {
    getOperation: Ask<{ name: string }, WireOperation>;
    listOperationsAsync: (
      request: { name: string; filter: string },
      options: { autoPaginate: false },
    ) => AsyncIterable<WireOperation>;
  };
  close: () => Promise<void>;
}
