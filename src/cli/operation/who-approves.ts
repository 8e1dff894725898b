// Two names by accident are not four eyes: where whoever asked for an operation was named by --as, an approval without --as
// may come from the same person, under the name of this machine's user. So a terminal asks who approves, and a script is refused.
import { createInterface } from 'node:readline/promises';
import { isRecord, textAt } from '../../domain/json.ts';
import { commandText } from '../../domain/text/command-text.ts';
import { EXIT, ExitError } from '../exit.ts';
import { actorName } from '../identity.ts';
import { shown } from '../output/print.ts';
import type { FoundRun } from './find-operation.ts';

/** The name to approve with; `fallback` is the user of this machine. Throws ExitError (2) without a terminal, or a name. */
export async function whoApproves({ operation, info }: FoundRun, fallback: string) {
  const requester = namedRequester(info.memo);
  if (requester === undefined) return fallback;
  const same = `${operation} was asked for as ${requester}, by --as, on a machine whose user may be you (${fallback})`;
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    const command = commandText('approve', operation);
    throw new ExitError(EXIT.badInput, `${same}: say who approves it: ${command} --as NAME`);
  }
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return actorName(await asking.question(shown(`${same}.\nWho approves it? `)));
  } finally {
    asking.close();
  }
}

/** Who asked, where a command line noted that --as had named them; see startRun. */
export function namedRequester(memo: unknown): string | undefined {
  const named = isRecord(memo) && memo['named'] === true;
  return named ? textAt(memo['request'], 'requestedBy') : undefined;
}
