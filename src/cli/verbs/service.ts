// `fairlead logs`, `fairlead diff` and `fairlead open`: what a service says, how it differs from its file, the page of an operation.
import type { Command } from 'commander';
import { EXIT, ExitError } from '../exit.ts';
import { isRecord, isText, textAt } from '../../domain/json.ts';
import {
  OPERATION_ARGUMENT,
  SERVICE_ARGUMENT,
  withLooking,
  type CommonOptions,
} from '../command-options.ts';
import type { Temporal } from '../temporal/connect.ts';

interface LogsOptions extends CommonOptions {
  follow?: boolean;
  errors?: boolean;
  summary?: boolean;
}

const POLL_MS = 1000;
/** What a line of trouble says, in most languages and loggers. */
const TROUBLE =
  /\b(error|err|fatal|panic|critical|exception|traceback|uncaught|unhandled|warn|warning)\b|"level":\s*(?:[4-9]\d|"(?:warn|error|fatal))/i;

export function register(program: Command): void {
  const logs = program
    .command('logs')
    .argument('<target>', SERVICE_ARGUMENT)
    .description('print the last of what the processes of SYSTEM/SERVICE said')
    .option('-f, --follow', 'go on with what they say from now on, until Ctrl-C')
    .option('--errors', 'only lines that look like trouble, and what is indented below them')
    .option('--summary', 'with --errors: each kind of trouble once, how often and by whom');
  withLooking(logs, [
    'logs shop/api',
    'logs shop/api -f --errors',
    'logs shop/api --errors --summary',
  ]).action(showLogs);
  const diff = program
    .command('diff')
    .argument('<target>', SERVICE_ARGUMENT)
    .description(
      'show what another deploy of the live version would change: deployed against file',
    );
  withLooking(diff, ['diff shop/api', 'diff shop/api --json']).action(showDiff);
  const open = program
    .command('open')
    .argument('<operation>', OPERATION_ARGUMENT)
    .option('--run <runId>', 'another run than the newest')
    .description("open the page of an operation in Temporal's Web UI, and print its address");
  withLooking(open, ['open deploy/shop/api/v2']).action(openOperation);
}

async function showLogs(text: string, options: LogsOptions): Promise<void> {
  const { serviceTarget } = await import('../ids.ts');
  const { withTemporal } = await import('../temporal/connect.ts');
  const { actorName } = await import('../identity.ts');
  const { system, service } = serviceTarget(text);
  if (options.summary === true && (options.follow === true || options.errors !== true)) {
    throw new ExitError(EXIT.badInput, '--summary goes with --errors, and not with --follow');
  }
  const { untilStopped } = await import('../output/until-stopped.ts');
  await withTemporal(actorName(options.as), async (temporal) => {
    const printed = troubleOnly(options.errors === true);
    let { position } = emptyLogs;
    const look = async (): Promise<void> => {
      const answer = logsIn(await ask(temporal, { system, logs: { service, position } }));
      position = answer.position;
      const lines = answer.lines.filter(printed);
      if (options.summary === true) return printSummary(lines, options.json === true);
      await printLines(lines, options.json === true);
      if (lines.length === 0 && options.follow !== true) {
        const { progress } = await import('../output/print.ts');
        const { commandText } = await import('../../domain/text/command-text.ts');
        const hasSaid = answer.lines.length > 0;
        const nothing = `nothing that ${text} said is kept: see "${commandText('status', text)}"`;
        progress(hasSaid ? `no trouble in what ${text} said lately` : nothing);
      }
    };
    if (options.follow !== true) return look();
    return untilStopped(async (pause) => {
      for (;;) {
        await look();
        await pause(POLL_MS);
      }
    });
  });
}

const emptyLogs: { lines: unknown[]; position: unknown } = { lines: [], position: null };

function logsIn(answer: unknown): typeof emptyLogs {
  if (!isRecord(answer) || !Array.isArray(answer['lines'])) return emptyLogs;
  return { lines: answer['lines'], position: answer['position'] };
}

/** Tells of each line, in their order, whether it is printed: with `only`, trouble and what is indented below it. */
function troubleOnly(only: boolean): (line: unknown) => boolean {
  let isTrouble = false;
  return (line) => {
    const said = textAt(line, 'text') ?? '';
    isTrouble = TROUBLE.test(said) || (isTrouble && /^\s/.test(said));
    return !only || isTrouble;
  };
}

/** At once: what was read is printed, whatever ends the following. */
async function printLines(lines: readonly unknown[], json: boolean): Promise<void> {
  const { printAsItIs } = await import('../output/print.ts');
  for (const line of lines) {
    const [source, text] = [textAt(line, 'source') ?? '', textAt(line, 'text') ?? ''];
    printAsItIs(json ? JSON.stringify({ source, text }) : `${source} | ${text}`);
  }
}

async function printSummary(lines: readonly unknown[], json: boolean): Promise<void> {
  const { columns, printJson, printText } = await import('../output/print.ts');
  const { summedUp } = await import('../../domain/text/trouble.ts');
  const kinds = summedUp(
    lines.map((one) => ({ source: textAt(one, 'source') ?? '', text: textAt(one, 'text') ?? '' })),
  );
  if (json) printJson({ schema: 'fairlead/trouble/v1', trouble: kinds });
  else if (kinds.length === 0) printText('no trouble in what was said lately');
  else {
    const rows = kinds.map(({ count, sources, last }) => [`${count} ×`, sources.join(', '), last]);
    printText(columns(rows).join('\n'));
  }
}

async function ask(
  temporal: Temporal,
  request: import('../temporal/inspect.ts').InspectRequest,
): Promise<unknown> {
  const { inspect } = await import('../temporal/inspect.ts');
  return inspect(temporal, request);
}

async function showDiff(text: string, options: CommonOptions): Promise<void> {
  const { serviceTarget } = await import('../ids.ts');
  const { withTemporal } = await import('../temporal/connect.ts');
  const { actorName } = await import('../identity.ts');
  const { printJson, printText } = await import('../output/print.ts');
  const { system, service } = serviceTarget(text);
  await withTemporal(actorName(options.as), async (temporal) => {
    const answer = await ask(temporal, { system, diff: { service } });
    if (options.json === true) printJson(answer);
    else printText((await diffLines(text, answer)).join('\n'));
  });
}

export async function diffLines(target: string, answer: unknown): Promise<string[]> {
  const { columns } = await import('../output/print.ts');
  const { commandText } = await import('../../domain/text/command-text.ts');
  const version = textAt(answer, 'version');
  if (version === undefined) return [`nothing of ${target} is deployed`];
  const found =
    isRecord(answer) && Array.isArray(answer['differences']) ? answer['differences'] : [];
  const live = `${target} ${version} (${textAt(answer, 'revision') ?? ''})`;
  if (found.length === 0) return [`${live} runs as the system file says`];
  const rows = found
    .filter(isRecord)
    .map((one) => [
      `  ${textAt(one, 'path') ?? ''}`,
      valueText(one['deployed']),
      valueText(one['file']),
    ]);
  return [
    `${live} differs from the system file:`,
    ...columns([['  WHAT', 'DEPLOYED', 'FILE'], ...rows]),
    `the next deploy brings it; this version again: ${commandText('deploy', target, version)}`,
  ];
}

function valueText(value: unknown): string {
  if (value === null || value === undefined) return '(nothing)';
  return isText(value) ? value : JSON.stringify(value);
}

async function openOperation(
  text: string,
  options: CommonOptions & { run?: string },
): Promise<void> {
  const { withTemporal } = await import('../temporal/connect.ts');
  const { actorName } = await import('../identity.ts');
  const { findOperation } = await import('../operation/find-operation.ts');
  const { uiAddress } = await import('../temporal/address.ts');
  const { printJson } = await import('../output/print.ts');
  const { openPage } = await import('../records/report-output.ts');
  await withTemporal(actorName(options.as), async (temporal) => {
    const run = await findOperation(temporal, text, options.run);
    const ui = uiAddress(process.env, process.cwd());
    const path = [temporal.namespace, 'workflows', run.workflowId, run.runId, 'history'];
    const url = `${ui}/namespaces/${path.map(encodeURIComponent).join('/')}`;
    if (options.json === true) printJson({ operation: run.operation, runId: run.runId, url });
    else await openPage(url);
  });
}
