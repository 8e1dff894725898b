// What a database is called that a recovery restores beside the live one, where nothing takes the live one's name.

const LONGEST = 63;
const RESTORED = /-restored-[a-z0-9]+$/;

/** `orders-restored-3f2a9c1b` of `orders`, and of what an earlier recovery restored of it. `key`: letters and digits of the run. */
export function restoredName(database: string, key: string): string {
  const suffix = `-restored-${key.toLowerCase()}`;
  const name = database.replaceAll(/[()]/g, '').replace(RESTORED, '');
  return `${name.slice(0, LONGEST - suffix.length)}${suffix}`;
}
