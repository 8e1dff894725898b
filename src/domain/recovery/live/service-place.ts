// What stands for a place where a datastore's own service is to make it first: one of the service's backups, or what was
// there at a moment.

export type ServicePlace = { backup: string } | { at: string };

/** `backup:ID` or `at:2026-11-22T08:15Z`; undefined for the name of a place that is there. */
export function servicePlaceOf(what: string): ServicePlace | undefined {
  const [, kind, rest = ''] = /^(backup|at):(.+)$/.exec(what) ?? [];
  if (kind === 'backup') return { backup: rest };
  return kind === 'at' ? { at: rest } : undefined;
}

/** What the service is asked for, after `have the service`. */
export function servicePlaceWords(asked: ServicePlace): string {
  return 'backup' in asked
    ? `restore its own backup ${asked.backup}`
    : `clone what was there at ${asked.at}`;
}
