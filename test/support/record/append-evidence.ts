// A process that appends the whole of a run's evidence, entry by entry: two of them at once must not disturb
// each other. Argument: the folder.
import { evidenceIn } from './evidence-in.ts';
import { entriesOf, ROLLED_BACK } from './evidence.ts';

const [, , directory = ''] = process.argv;
const evidence = evidenceIn(directory);
const entries = entriesOf(ROLLED_BACK);
for (let length = 1; length <= entries.length; length += 1) {
  await evidence.append(
    { workflowId: 'deploy/shop/api/v2', runId: 'run-1' },
    entries.slice(0, length),
  );
}
