// A storm over Fairlead as it is shipped: random operations by several people on several systems under load, while
// worker, server and local host are killed. Exits with 1 when something is wedged, weights are not whole, a command
// ended with a bug, or a record does not verify.
// Usage: npm run test:storm -- [--seed N] [--minutes M] [--systems N]
//   The same seed draws the same commands and kills; how they meet is up to the clock.
import { parseArgs } from 'node:util';
import { findTemporalCli } from '../src/embedded/temporal-cli.ts';
import { whyUnable } from '../src/platforms/local/isolation/namespaces.ts';
import { Storm } from '../test/support/storm/storm.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    minutes: { type: 'string', default: '2' },
    systems: { type: 'string', default: '3' },
  },
});
const say = (line: string): void => {
  console.log(line);
};
const seed = Number(values.seed);
const signal = new AbortController().signal;
const cli = await findTemporalCli({ env: process.env, say, signal });
say(`seed ${seed}`);
const { findings, ...counts } = await Storm.run({
  ...{ cli, seed, say },
  ms: Number(values.minutes) * 60_000,
  systems: Number(values.systems),
  drills: (await whyUnable()) === undefined,
});
say(JSON.stringify(counts));
for (const finding of findings) say(`FINDING ${finding}`);
say(findings.length === 0 ? 'nothing was wrong' : `${findings.length} findings, seed ${seed}`);
process.exit(findings.length === 0 ? 0 : 1);
