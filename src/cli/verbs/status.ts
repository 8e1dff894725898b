// `fairlead status [SYSTEM|SYSTEM/SERVICE|OPERATION]`: a system as a worker sees it now, or one run of an operation.
import type { Command } from 'commander';
import { NAME, RESERVED_NAMES } from '../../domain/text/names.ts';
import { OPERATION_ARGUMENT, withLooking, type CommonOptions } from '../command-options.ts';
import type { Temporal } from '../temporal/connect.ts';
import type { FoundRun } from '../operation/find-operation.ts';

interface StatusOptions extends CommonOptions {
  run?: string;
  watch?: boolean;
}

/** What is printed: as JSON, or as lines. `over`: it will not change any more. */
interface Seen {
  json: unknown;
  lines: string[];
  over?: boolean;
}

const ANSWER_MS = 5_000;
const WATCH_MS = 2_000;

export function register(program: Command): void {
  const command = program
    .command('status')
    .argument('[what]', `a system, SYSTEM/SERVICE, or ${OPERATION_ARGUMENT}`)
    .description('show a SYSTEM, a SERVICE of it, an OPERATION, or what is open')
    .option('--run <runId>', 'another run of the operation than the newest')
    .option('--watch', 'again and again, until Ctrl-C or the end of the operation');
  withLooking(command, [
    'status',
    'status shop --json',
    'status shop/api --watch',
    'status deploy/shop/api/v2',
  ]).action(async (what: string | undefined, options: StatusOptions) => {
    if (what !== undefined) await show(what, options);
    else {
      const { listOperations } = await import('./list.ts');
      await listOperations({ ...options, open: true });
    }
  });
}

async function show(what: string, options: StatusOptions): Promise<void> {
  const { withTemporal } = await import('../temporal/connect.ts');
  const { actorName } = await import('../identity.ts');
  const { looksLikeOperation, operationName, systemName } = await import('../ids.ts');
  if (looksLikeOperation(what)) operationName(what);
  else systemName(what);
  const { untilStopped } = await import('../output/until-stopped.ts');
  await withTemporal(actorName(options.as), async (temporal) => {
    const isOver = async (): Promise<boolean> => {
      const seen = await look(temporal, what, options);
      await printSeen(seen, options);
      return seen.over === true;
    };
    if (options.watch !== true) await isOver();
    else
      await untilStopped(async (pause) => {
        while (!(await isOver())) await pause(WATCH_MS);
      });
  });
}

async function printSeen({ json, lines }: Seen, { json: asJson, watch }: StatusOptions) {
  const { printJson, printText } = await import('../output/print.ts');
  // On a terminal each look takes the place of the one before.
  if (watch === true && asJson !== true && process.stdout.isTTY)
    process.stdout.write('\x1b[2J\x1b[H');
  if (asJson === true) printJson(json);
  else printText(lines.join('\n'));
}

async function look(temporal: Temporal, what: string, options: StatusOptions): Promise<Seen> {
  const { looksLikeOperation } = await import('../ids.ts');
  const { findOperation, lookUp } = await import('../operation/find-operation.ts');
  const service = serviceIn(what);
  if (service === undefined && looksLikeOperation(what)) {
    return lookAtOperation(temporal, await findOperation(temporal, what, options.run));
  }
  // Both are asked at once: somebody may have started an operation under an id that looks like a system's name.
  const asked = lookAtSystem(temporal, service ?? { system: what });
  asked.catch(() => undefined);
  const run = await lookUp(temporal, what, options.run);
  return run === undefined ? asked : lookAtOperation(temporal, run);
}

/** `shop/api`; undefined for the id of an operation, which begins with what it does. */
function serviceIn(what: string): { system: string; service: string } | undefined {
  const [system = '', service = '', ...more] = what.split('/');
  const isService = more.length === 0 && NAME.test(system) && NAME.test(service);
  return isService && !RESERVED_NAMES.has(system) ? { system, service } : undefined;
}

async function lookAtOperation(temporal: Temporal, run: FoundRun): Promise<Seen> {
  const { statusLines } = await import('../operation/view.ts');
  const { askRun } = await import('../operation/ask-status.ts');
  const { wayOutOf } = await import('../operation/left-over.ts');
  const status = await askRun(temporal, run, ANSWER_MS);
  const lines = [...statusLines(status), ...(await wayOutOf(temporal, status))];
  return { json: status, lines, over: status.state === 'closed' };
}

async function lookAtSystem(
  temporal: Temporal,
  { system, service }: { system: string; service?: string },
): Promise<Seen> {
  const { askSystem, onlyService, systemLines } = await import('../output/system-status.ts');
  const { readRows, ROWS_OF_SYSTEM } = await import('../operation/rows.ts');
  const { storyLines, storyOf } = await import('../operation/service-story.ts');
  const { leftOverLines, readLeftOver } = await import('../operation/left-over.ts');
  const [whole, rows] = await Promise.all([
    askSystem(temporal, system),
    readRows(temporal, { system, most: ROWS_OF_SYSTEM }),
  ]);
  const status = service === undefined ? whole : onlyService(whole, service);
  const stories = Object.fromEntries(
    Object.entries(status.services).map(([name, { since = null }]) => [
      name,
      storyOf({ system, service: name, since }, rows),
    ]),
  );
  const about = service === undefined ? system : `${system}/${service}`;
  const leftOver = await readLeftOver(temporal, rows, about);
  const now = Date.now();
  const lines = systemLines(status, (name) => {
    const story = stories[name];
    return story === undefined ? [] : storyLines(story, now);
  });
  const services = Object.fromEntries(
    Object.entries(status.services).map(([name, one]) => [name, { ...one, ...stories[name] }]),
  );
  lines.push(...leftOverLines(leftOver, status, now));
  return { json: { ...status, services, ...(leftOver.length > 0 && { leftOver }) }, lines };
}
