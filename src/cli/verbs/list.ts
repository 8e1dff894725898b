// `fairlead list` and `fairlead history`: the operations Temporal knows of, newest first. Need no worker, except for what
// waits for whom.
import type { Command } from 'commander';
import { oneLine, spanBetween } from '../../domain/text/markdown.ts';
import type { Freeze } from '../../domain/time/freeze.ts';
import { withLooking, type CommonOptions } from '../command-options.ts';
import { EXIT, ExitError } from '../exit.ts';
import { durationFlag, numberFlag } from '../flags.ts';
import type { Row } from '../operation/rows.ts';
import type { WaitsFor } from '../operation/waits-for.ts';
import { ago } from '../output/ages.ts';
import { columns } from '../output/print.ts';

interface ListOptions extends CommonOptions {
  open?: boolean;
  waiting?: boolean;
  system?: string;
  since?: string;
  limit?: string;
  runs?: boolean;
}

const MOST = 500;
const LONGEST = 100;

export function register(program: Command): void {
  const list = program
    .command('list')
    .description('list operations, newest first')
    .option('--open', 'only those that are not over')
    .option('--waiting', 'only those that wait for people')
    .option('--system <system>', 'only those of this system');
  withLooking(bounded(list), [
    'list',
    'list --waiting',
    'list --system shop --since 2h',
    'list --open --json',
  ]).action(listOperations);
  const history = program
    .command('history')
    .argument('<target>', 'SYSTEM, SYSTEM/SERVICE or SYSTEM/DATASTORE, for example shop/api')
    .description('list what was done to a system, a service or a datastore, newest first');
  withLooking(bounded(history), ['history shop/api', 'history shop --since 7d --json']).action(
    showHistory,
  );
}

function bounded(command: Command): Command {
  return command
    .option('--since <duration>', 'only what was started in the last, say, 2h')
    .option('--limit <n>', `at most this many (default: ${MOST})`)
    .option('--runs', 'with the ids of runs and workflows, as the Web UI shows them');
}

export async function listOperations(options: ListOptions): Promise<void> {
  const { systemName } = await import('../ids.ts');
  const system = options.system === undefined ? undefined : systemName(options.system);
  const isOpen = options.open === true || options.waiting === true;
  const nothing = isOpen ? 'no operation is open' : 'no operation was ever started';
  await show(options, { system, open: isOpen }, nothing);
}

async function showHistory(text: string, options: ListOptions): Promise<void> {
  const { target: parse } = await import('../ids.ts');
  const { system, service } = parse(text);
  await show(
    options,
    { system, part: service },
    `nothing was done to ${text} that Temporal remembers`,
  );
}

async function show(
  options: ListOptions,
  wanted: { system: string | undefined; part?: string | undefined; open?: boolean },
  nothing: string,
): Promise<void> {
  const { withTemporal } = await import('../temporal/connect.ts');
  const { actorName } = await import('../identity.ts');
  const { printJson, printText, progress } = await import('../output/print.ts');
  const { readRows } = await import('../operation/rows.ts');
  const { freezeWords } = await import('../../domain/time/freeze.ts');
  const { most, since } = bounds(options);
  await withTemporal(actorName(options.as), async (temporal) => {
    const { system, part, open } = wanted;
    const target = part === undefined ? undefined : `${system ?? ''}/${part}`;
    const read = await readRows(temporal, { system, target, open, since, most });
    await refuseUnknown(temporal, wanted, target === undefined ? read : own(read, target));
    const { listFreezes } = await import('../temporal/freezes.ts');
    const freezes = await listFreezes(temporal, system);
    const { rows: all, unanswered } = await withWaits(temporal, read, freezes);
    const rows = options.waiting === true ? all.filter(({ state }) => WAITS.has(state)) : all;
    if (unanswered > 0) {
      const whose = unanswered === 1 ? 'one operation waits' : `${unanswered} operations wait`;
      progress(`no worker answered in time what ${whose} for`);
    }
    if (options.json === true) printJson({ operations: rows, freezes });
    else printText([...freezes.map(freezeWords), ...linesOf(rows, options, nothing)].join('\n'));
  });
}

/** What was done to the part itself: what was done to the whole system touches any name. */
const own = (rows: readonly Row[], target: string): Row[] =>
  rows.filter((row) => row.target === target);

/** A name that nothing was done to may be misspelt. Throws ExitError (2) for one that the system does not have. */
async function refuseUnknown(
  temporal: import('../temporal/connect.ts').Temporal,
  { system, part }: { system: string | undefined; part?: string | undefined },
  rows: readonly Row[],
): Promise<void> {
  if (rows.length > 0 || system === undefined) return;
  const { refuseUnknownPart, refuseUnknownSystem } = await import('../output/system-status.ts');
  if (part === undefined) await refuseUnknownSystem(temporal, system);
  else await refuseUnknownPart(temporal, { system, part });
}

function linesOf(rows: readonly Row[], options: ListOptions, nothing: string): string[] {
  if (rows.length > 0) return tables(rows, Date.now(), options);
  return [options.waiting === true ? 'no operation waits for anybody' : nothing];
}

const WAITS: ReadonlySet<Row['state']> = new Set(['waiting', 'parked', 'paused']);

function bounds({ limit, since }: ListOptions): { most: number; since: number | undefined } {
  const most = limit === undefined ? MOST : numberFlag('--limit', limit);
  if (!Number.isInteger(most) || most < 1 || most > 10_000) {
    throw new ExitError(
      EXIT.badInput,
      `--limit is ${most}, allowed: a whole number from 1 to 10000`,
    );
  }
  const from = since === undefined ? undefined : Date.now() - durationFlag('--since', since);
  return { most, since: from };
}

async function withWaits(
  temporal: import('../temporal/connect.ts').Temporal,
  rows: readonly Row[],
  freezes: readonly Freeze[],
): Promise<{ rows: Row[]; unanswered: number }> {
  const { askWaits } = await import('../operation/waits-for.ts');
  const { found, unanswered } = await askWaits(temporal, rows, freezes);
  const full = rows.map((row) => ({ ...row, waitsFor: found.get(row.runId) ?? null }));
  return { rows: full, unanswered };
}

/** What was done, then apart from it what changed nothing: dry runs, and retirements that were called off. */
export function tables(
  rows: readonly Row[],
  now: number,
  { runs }: Pick<ListOptions, 'runs'> = {},
): string[] {
  const isApart = (row: Row): boolean => row.dryRun || isCalledOff(row);
  const parts: [string, Row[]][] = [
    ['', rows.filter((row) => !isApart(row))],
    ['dry runs:', rows.filter((row) => row.dryRun)],
    ['retirements that a later change called off:', rows.filter(isCalledOff)],
  ];
  return parts.flatMap(([title, some]) => {
    if (some.length === 0) return [];
    const lines = tableOf(some, now, runs === true);
    return title === '' ? lines : ['', title, ...lines.map((line) => `  ${line}`)];
  });
}

/** What runs and waits for something is held: by a freeze, or until a change window opens. */
function shownState({ state, waitsFor }: Row): string {
  return state === 'running' && waitsFor !== null ? 'held' : state;
}

function tableOf(rows: readonly Row[], now: number, withRuns: boolean): string[] {
  const waits = rows.some((row) => row.waitsFor !== null);
  const head = ['OPERATION', 'STATE', 'BY', 'STARTED', 'TOOK'];
  const cells = rows.map((row) => [
    row.operation,
    row.outcome ?? shownState(row),
    row.requestedBy ?? '',
    ago(row.startedAt, now),
    spanBetween(row.startedAt, row.endedAt ?? new Date(now).toISOString()),
    ...(withRuns ? [row.runId, row.workflowId] : []),
    ...(waits ? [waitsCell(row.waitsFor, new Date(now).toISOString())] : []),
  ]);
  const more = [...(withRuns ? ['RUN', 'WORKFLOW'] : []), ...(waits ? ['WAITS FOR'] : [])];
  return columns([[...head, ...more], ...cells]);
}

/** `approval promote 0/1 at weight-50 from ana, bob for 3 m 20 s`; the command is in `status`. */
export function waitsCell(waits: WaitsFor | null, now: string): string {
  if (waits === null) return '';
  const { gate, what, who, since } = waits;
  const where = gate === undefined ? '' : ` at ${gate} from ${who.join(', ')}`;
  const took = spanBetween(since, now);
  const long = oneLine(what);
  const short = long.length > LONGEST ? `${long.slice(0, LONGEST)}…` : long;
  return `${short}${where}${took === '' ? '' : ` for ${took}`}`;
}

/** A retirement that a later change called off: the revision was needed again. */
function isCalledOff({ keptUntil: until, kind, outcome }: Row): boolean {
  return kind === 'retireRevision' && until === null && CALLED_OFF.has(outcome ?? '');
}

const CALLED_OFF: ReadonlySet<string> = new Set(['preempted', 'aborted', 'interrupted', 'refused']);
