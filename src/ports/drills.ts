// The port to the records of drills. Implemented in datastores/drills.ts. Every verb throws `Failure`.
import type { DrillRecord } from '../domain/recovery/drill-record.ts';
import type { Waiting } from './waiting.ts';

/** Records of drills lie with the backups: `<system>/_drills/YYYY/MM/<time>-<run>.json`. */
export interface DrillsPort {
  /** Adds a record; the one of the same run that is there already stays as it is. */
  put(record: DrillRecord, waiting: Waiting): Promise<void>;
  /** Newest first, `most` of them; what cannot be read is no record. */
  list(input: { system: string; most: number }, waiting: Waiting): Promise<DrillRecord[]>;
}
