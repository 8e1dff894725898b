// An `up` as a process of its own, with stand-ins for worker and local host, to be killed or stopped by tests.
// Argument: the data folder.
import { untilStopped } from '../../../src/cli/verbs/up.ts';
import { startEmbedded } from '../../../src/embedded/up.ts';
import { standInsFor } from './embedded.ts';

const data = process.argv[2] ?? '.';
await untilStopped(
  (signal) =>
    startEmbedded({
      data,
      env: { ...process.env, TEMPORAL_ADDRESS: '127.0.0.1:1' },
      standIns: standInsFor(data),
      say: (line) => {
        process.stderr.write(`${line}\n`);
      },
      signal,
    }),
  true,
);
