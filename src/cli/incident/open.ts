// `fairlead incident open`: starts the workflow of an incident.
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { incidentStart, parseIncident } from '../../domain/incident/incident-request.ts';
import { incidentId } from '../../domain/incident/incident.ts';
import type { CommonOptions } from '../command-options.ts';
import { EXIT, ExitError } from '../exit.ts';
import { actorName } from '../identity.ts';
import { target } from '../ids.ts';
import { inWords } from '../as-typed.ts';
import { printJson, printText, progress } from '../output/print.ts';
import { onlyService, askSystem } from '../output/system-status.ts';
import { hasWorker, noWorker, withTemporal, type Temporal } from '../temporal/connect.ts';
import { askIncident } from './find.ts';
import { lines } from './show.ts';

export interface OpenFlags extends CommonOptions {
  severity: string;
  id?: string;
}

export async function openIncident(text: string, title: string, options: OpenFlags): Promise<void> {
  const { system, service } = target(text);
  const requestedBy = actorName(options.as);
  const id = options.id ?? newId(new Date());
  const { severity } = options;
  const request = inWords(() =>
    parseIncident({
      ...{ system, id, title, severity, requestedBy },
      ...(service !== undefined && { service }),
    }),
  );
  await withTemporal(requestedBy, async (temporal) => {
    await refuseUnknown(temporal, system, service);
    await start(temporal, request);
    if (!(await hasWorker(temporal))) {
      progress(`it begins when a worker is there: ${noWorker(temporal)}`);
      if (options.json === true) printJson({ incident: incidentId(system, id) });
      else printText(`opened ${system}/${id}`);
      return;
    }
    const status = await askIncident(temporal, { system, id });
    if (options.json === true) printJson(status);
    else printText([`opened ${system}/${id}`, ...lines(status)].join('\n'));
  });
}

/** The day and the time, in UTC, as a name: `on-20270131-0915`. */
export function newId(now: Date): string {
  const [day = '', time = ''] = now.toISOString().split('T');
  return `on-${day.replaceAll('-', '')}-${time.slice(0, 8).replaceAll(':', '')}`;
}

/** A worker that cannot say it refuses nothing. */
async function refuseUnknown(
  temporal: Temporal,
  system: string,
  service: string | undefined,
): Promise<void> {
  try {
    const status = await askSystem(temporal, system);
    if (service !== undefined) onlyService(status, service);
  } catch (error) {
    if (error instanceof ExitError && error.code === EXIT.badInput) throw error;
  }
}

async function start(
  { client, taskQueue }: Temporal,
  request: ReturnType<typeof parseIncident>,
): Promise<void> {
  const { type, ...start } = incidentStart(request);
  try {
    await client.workflow.start(type, { ...start, taskQueue });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const name = `${request.system}/${request.id}`;
    throw new ExitError(
      EXIT.refused,
      `${name} is open already: see "fairlead incident show ${name}", or give this one another --id`,
    );
  }
}
