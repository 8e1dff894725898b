// What was typed is looked at by a worker before anything is started: a name that is not there ends the command, and leaves
// no operation and no record.
import { setTimeout as sleep } from 'node:timers/promises';
import { textAt } from '../../domain/json.ts';
import { canaryDeploy } from '../../runbooks/canary-deploy.ts';
import { deployBy, runbooksOfType, STRATEGIES } from '../../runbooks/index.ts';
import type { Runbook } from '../../runbooks/runbook.ts';
import { EXIT, ExitError } from '../exit.ts';
import type { Temporal } from '../temporal/connect.ts';
import { inspect } from '../temporal/inspect.ts';

/** The runbook to start, or `else`, unless the system file says otherwise: then its deploy. */
export type RunbookChoice = Runbook | { asFileSays: true; else: Runbook };

/** `strategy`: as typed; undefined for the one in the system file. Throws ExitError (2) for one that there is not. */
export function chooseDeploy(strategy: string | undefined): RunbookChoice {
  if (strategy === undefined) return { asFileSays: true, else: canaryDeploy };
  const found = deployBy(strategy);
  if (found !== undefined) return found;
  const allowed = STRATEGIES.join(', ');
  throw new ExitError(EXIT.badInput, `--strategy is "${strategy}", allowed: ${allowed}`);
}

/** The workflow type to ask a worker about; empty for the deploy that the system file chooses. */
export function typeAsked(choice: RunbookChoice): string {
  return 'asFileSays' in choice ? '' : choice.type;
}

function chosenBy(answer: unknown, known: Runbook): Runbook {
  return runbooksOfType(textAt(answer, 'type') ?? '')[0] ?? known;
}

/** What is to be started, and what it would do in a line, where a worker said so in time. */
export interface Checked {
  runbook: Runbook;
  summary: string | undefined;
}

const SOON_MS = 2_000;

async function soon(): Promise<undefined> {
  await sleep(SOON_MS, undefined, { ref: false });
  return undefined;
}

/**
 * The runbook to start. Throws ExitError (2) for what is not there or makes no sense. Without an answer, and for whatever
 * else keeps it from being done now, the operation itself says what is wrong.
 */
export async function checkStart(
  temporal: Temporal,
  choice: RunbookChoice,
  request: Record<string, unknown>,
): Promise<Checked> {
  const known = 'asFileSays' in choice ? choice.else : choice;
  const system = textAt(request, 'system');
  // Nobody asks for the reason before an operation keeps it, redacted.
  const { reason: _, ...rest } = request;
  const type = typeAsked(choice);
  try {
    const start = { type, request: rest };
    const asking = inspect(temporal, { ...(system !== undefined && { system }), start });
    // What saves users waits for no worker that is being started anew.
    const answer = await (known.savesUsers === true ? Promise.race([asking, soon()]) : asking);
    const runbook = type === '' ? chosenBy(answer, known) : known;
    return { runbook, summary: textAt(answer, 'summary') };
  } catch (error) {
    if (error instanceof ExitError && error.code !== EXIT.badInput) {
      return { runbook: known, summary: undefined };
    }
    throw error;
  }
}
