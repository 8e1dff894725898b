// One backup, or one restore, in a process of its own, so that its memory can be told: started by backups.ts, told
// everything by one line of JSON on stdin, answers with one line of JSON.
import { setTimeout as sleep } from 'node:timers/promises';
import { text } from 'node:stream/consumers';
import type { z } from 'zod';
import { createBackups } from '../src/datastores/backups.ts';
import { createStores } from '../src/datastores/registry.ts';
import { createObjectsFolder } from '../src/integrations/objects-folder.ts';
import { datastoreRef } from '../test/support/datastores/datastores.ts';
import { askedSchema, type answerSchema } from './backup-message.ts';

const { verb, id, objects, copies, directory, settings, programs } = askedSchema.parse(
  JSON.parse(await text(process.stdin)),
);
const clock = {
  now: () => Date.now(),
  sleep: (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }),
};
const secrets = {
  env: process.env,
  readFile: () => Promise.reject(new Error('there are no files of secrets here')),
  reader: 'the measurement',
};
const { kind, ...rest } = settings;
const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
const password = kind === 'files' ? {} : { password: { env: 'BENCH_PASSWORD' } };
const store = datastoreRef('data', directory, { kind, ...given, ...password });
const backups = createBackups({
  objects: createObjectsFolder(objects),
  stores: createStores({ secrets, clock, programs }),
  copies,
  secrets,
  clock,
});
const waiting = { signal: new AbortController().signal, beat: () => undefined };
const started = performance.now();
if (verb === 'backup') {
  await backups.backup({ store, id, systemDigest: '0'.repeat(64) }, waiting);
} else {
  await backups.restore({ id, target: { copy: 'copy', store }, into: 'scratch' }, waiting);
}
const ms = performance.now() - started;
if (verb === 'restore') await backups.discard('copy', waiting);
// Kilobytes, on Linux.
const answer = { ms, peak: process.resourceUsage().maxRSS * 1024 };
process.stdout.write(`${JSON.stringify(answer satisfies z.output<typeof answerSchema>)}\n`);
