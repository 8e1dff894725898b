// A small process that stands in for the worker or the local host in tests of what starts them.
// Arguments: `worker` or `host`, then the data folder. STAND_IN_EXIT makes it end at once with that code,
// STAND_IN_DEAF makes it ignore SIGTERM, STAND_IN_SHY keeps it from ever being ready.
// Plain JavaScript, and from dist where it can: it is started often, and tsx takes its time.
import { mkdirSync, appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setInterval } from 'node:timers';

const identity = process.env['FAIRLEAD_TEST_DIST']
  ? '../../../dist/machine/process-identity.js'
  : '../../../src/machine/process-identity.ts';
const { ownIdentity } = await import(identity);

const [kind = 'worker', data = '.'] = process.argv.slice(2);
const { STAND_IN_EXIT, STAND_IN_DEAF, STAND_IN_SHY } = process.env;
const journal = join(data, 'journal');

if (STAND_IN_EXIT !== undefined) {
  process.stderr.write('the stand-in was told to end\n');
  process.exit(Number(STAND_IN_EXIT));
}
process.on('SIGTERM', () => {
  appendFileSync(journal, `${kind} SIGTERM\n`);
  if (STAND_IN_DEAF === undefined) process.exit(0);
});
// Holds the process open.
setInterval(() => undefined, 60_000);

appendFileSync(
  journal,
  `${kind} started at ${process.env['TEMPORAL_ADDRESS'] ?? 'no address'} with data ${process.env['FAIRLEAD_DATA'] ?? 'unset'}\n`,
);
if (STAND_IN_SHY === undefined) {
  mkdirSync(join(data, 'host'), { recursive: true });
  const host = { url: 'http://127.0.0.1:1', socket: '/nowhere', ...ownIdentity() };
  if (kind === 'host') writeFileSync(join(data, 'host', 'host.json'), JSON.stringify(host));
  process.stdout.write('{"ready":true}\n');
}
