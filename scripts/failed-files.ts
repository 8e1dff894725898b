// Which test files failed, as TAP of the runner says it: for scripts/test.ts.
import { relative } from 'node:path';

/** Failures that only say that one below them failed. */
const OF_PARENTS = 'subtestsFailed';

/**
 * The files, of those that ran, in which a test failed: by the place of a test, or by the suite that is named after
 * its file where many share a process. Undefined where a failure belongs to none of them (a process that broke off).
 */
export function failedFiles(
  tap: string,
  ran: readonly string[],
  root: string,
): string[] | undefined {
  const named = new Map(ran.map((file) => [relative(root, file), file]));
  const failed = new Set<string>();
  for (const { path, location, type } of failures(tap)) {
    if (type === OF_PARENTS) continue;
    const at = location.replace(/:\d+:\d+$/, '');
    const file = path.map((name) => named.get(name)).find((one) => one !== undefined);
    const own = file ?? ran.find((one) => one === at);
    if (own === undefined) return undefined;
    failed.add(own);
  }
  return [...failed].sort();
}

interface Failure {
  /** Names of the test and of what it is in, outermost first. */
  path: string[];
  location: string;
  type: string;
}

/** Lines of TAP that say where a test begins, that it failed, and what is known of that. */
const LINE = /^( *)(# Subtest: |not ok \d+ - |location: |failureType: )(.*)$/;

function failures(tap: string): Failure[] {
  const open: string[] = [];
  const found: Failure[] = [];
  for (const line of tap.split('\n')) {
    const [, indent = '', kind = '', text = ''] = LINE.exec(line) ?? [];
    const depth = Math.floor(indent.length / 4);
    if (kind === '# Subtest: ') open.splice(depth, open.length, text);
    else if (kind.startsWith('not ok')) {
      found.push({ path: open.slice(0, depth + 1), location: '', type: '' });
    } else if (kind !== '') describe(found.at(-1), kind, text);
  }
  return found;
}

/** Takes down what is said of a failure; of a test that passed, after it, nothing. */
function describe(failure: Failure | undefined, kind: string, text: string): void {
  const key = kind === 'location: ' ? 'location' : 'type';
  if (failure?.[key] === '') failure[key] = text.replace(/^'(.*)'$/, '$1');
}
