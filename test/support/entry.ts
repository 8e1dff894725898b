// How tests start Fairlead's own programs as processes: from dist when scripts/test.ts has built it (which it
// says by FAIRLEAD_TEST_DIST), else from src through tsx, which takes a second more for each.
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const built = Boolean(process.env['FAIRLEAD_TEST_DIST']);

/** Node's arguments for an entry, named as its path in src without suffix: `client`, `platforms/local/daemon`. */
export function entryArgs(entry: string): string[] {
  return [...loaderArgs(), built ? `${ROOT}dist/${entry}.js` : `${ROOT}src/${entry}.ts`];
}

/** What Node needs to run TypeScript from src. */
export function loaderArgs(): string[] {
  return built ? [] : ['--import', import.meta.resolve('tsx')];
}
