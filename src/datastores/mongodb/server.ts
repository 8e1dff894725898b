// What a server says of itself: its version, its clock.
import type { Db } from 'mongodb';
import { z } from 'zod';
import type { Clock } from '../../ports/clock.ts';
import type { RecoveryPoint } from '../../domain/backup/backup.ts';

const buildInfo = z.object({ version: z.string(), ferretdbVersion: z.exactOptional(z.string()) });
const hello = z.object({ localTime: z.date() });

/** `MongoDB 8.0.4`, or `FerretDB v1.24.2`. */
export async function versionOf(db: Db): Promise<string> {
  const { version, ferretdbVersion } = buildInfo.parse(await db.command({ buildInfo: 1 }));
  return ferretdbVersion === undefined ? `MongoDB ${version}` : `FerretDB ${ferretdbVersion}`;
}

export async function timeOf(db: Db): Promise<number> {
  return hello.parse(await db.command({ hello: 1 })).localTime.getTime();
}

/** Begun now; the second call says when it was over. A dump of several collections is of no one moment. */
export async function pointFrom(
  db: Db,
  clock: Pick<Clock, 'now'>,
): Promise<() => Promise<RecoveryPoint>> {
  const asked = clock.now();
  const began = await timeOf(db);
  const answered = clock.now();
  return async () => ({
    notBefore: new Date(began).toISOString(),
    notAfter: new Date((await timeOf(db)) + 1).toISOString(),
    clock: 'datastore',
    // Plus zero: no minus zero, which JSON does not have.
    skewMs: Math.round(began - (asked + answered) / 2) + 0,
  });
}
