// `fairlead stop --without-temporal`: carried out by this process, with the settings of a worker.
import { pathToFileURL } from 'node:url';
import type { DirectStop, StopWithoutTemporal } from '../../domain/record/direct-stop.ts';
import { commandText } from '../../domain/text/command-text.ts';
import { ownModule } from '../../machine/own-modules.ts';
import type { WaitOptions } from '../command-options.ts';
import { dataFolder } from '../data-folder.ts';
import { ExitError } from '../exit.ts';
import { actorName } from '../identity.ts';
import { printJson, printText, progress } from '../output/print.ts';
import { exitCodeOf, exitCodeOfKind } from './outcome-code.ts';

/** Stops, prints what came of it and leaves with the exit code that a stop as an operation would have. */
export async function stopDirectly(
  target: { system: string; service?: string },
  options: WaitOptions,
): Promise<void> {
  const { reason } = options;
  const request = { ...target, requestedBy: actorName(options.as), reason: reason ?? null };
  const { report, unkept } = await stopped(request, options.systems);
  if (unkept !== undefined) progress(`its record could not be kept: ${unkept}`);
  if (options.json === true) printJson(report);
  else printText(linesOf(report).join('\n'));
  const code = exitCodeOf({ outcome: report.outcome ?? 'unknown', leftovers: report.leftovers });
  if (code !== 0) throw new ExitError(code, '');
}

async function stopped(
  request: Parameters<StopWithoutTemporal>[0],
  systems: string | undefined,
): Promise<DirectStop> {
  const { stopWithoutTemporal } = (await import(
    pathToFileURL(ownModule('stop-without-temporal')).href
  )) as { stopWithoutTemporal: StopWithoutTemporal };
  const env = { ...process.env, FAIRLEAD_DATA: dataFolder(process.env, process.cwd()) };
  const named = systems === undefined ? {} : { FAIRLEAD_SYSTEMS: systems };
  const end = await stopWithoutTemporal(request, { ...env, ...named });
  if ('failed' in end) throw new ExitError(exitCodeOfKind(end.failed.kind), end.failed.message);
  return end;
}

function linesOf({ operation, outcome, message, steps, leftovers, system }: DirectStop['report']) {
  const done = steps.filter(({ status }) => status === 'done');
  return [
    `${operation}: ${outcome ?? 'unknown'}: ${message ?? ''}`,
    ...done.map(({ id, detail = '' }) => `  ${id}  ${detail}`),
    ...leftovers.map((line) => `  left over: ${line}`),
    ...(done.length === 0 ? [] : [`  let users in again: ${commandText('admit', system)}`]),
  ];
}
