// The first rung of the ladder, measured: every object is read whole, checked against its checksum, and shown to the
// tool that has to restore it. An exit code or a listing alone says nothing: a cut dump lists well.
import type { Waiting } from '../ports/waiting.ts';
import { Failure } from '../domain/failure.ts';
import type { RungResult } from '../domain/backup/ladder.ts';
import { drain } from './byte-streams.ts';
import type { Artefact, Store } from './store.ts';
import { countOf, sizeOf } from '../domain/text/amounts.ts';

const SHOWN = 20;

export async function examineArtefact(
  artefact: Artefact,
  store: Store,
  waiting: Waiting,
): Promise<RungResult> {
  if (!('read' in artefact)) {
    const { location } = artefact.manifest;
    return judged(
      await store.examine(artefact, waiting),
      `its service finds it whole in ${location}`,
    );
  }
  const { objects } = artefact.manifest;
  const problems: string[] = [];
  let bytes = 0;
  for (const object of objects) {
    if (object.plain.size === 0 && object.path === undefined)
      problems.push(`${object.name} is empty`);
    try {
      bytes += await drain(artefact.read(object, waiting));
    } catch (error) {
      waiting.signal.throwIfAborted();
      problems.push(problemOf(error, object.path));
    }
  }
  if (objects.length === 0) problems.push('the manifest lists no object');
  // What is damaged is not shown to the tool: what it says of it adds nothing.
  if (problems.length === 0) problems.push(...(await store.examine(artefact, waiting)));
  // Whoever is being stopped has no verdict.
  waiting.signal.throwIfAborted();
  const lacking = store.lacks?.(artefact);
  return judged(
    problems,
    `${countOf(objects.length, 'object')}, ${sizeOf(bytes)}, each with the checksum of the manifest and readable by its tool${lacking === undefined ? '' : `; ${lacking}`}`,
  );
}

/** `good`: what is said when there is no problem. */
function judged(problems: readonly string[], good: string): RungResult {
  const [first] = problems;
  if (first === undefined) return { rung: 'artefact', verdict: 'pass', reason: good };
  const others = problems.length - 1;
  const more = others > 0 ? `; ${others} more ${others === 1 ? 'problem' : 'problems'}` : '';
  const differences = problems.slice(0, SHOWN);
  return { rung: 'artefact', verdict: 'fail', reason: `${first}${more}`, differences };
}

/** The sentence on an object that is missing or damaged; a failure that says nothing of the backup (no answer, no private key) is thrown on. */
function problemOf(error: unknown, path: string | undefined): string {
  const isOfBackup = error instanceof Failure && ['CheckFailed', 'NotFound'].includes(error.kind);
  // Objects are numbered: whoever reads it knows files.
  if (isOfBackup) return path === undefined ? error.message : `${path}: ${error.message}`;
  throw error;
}
