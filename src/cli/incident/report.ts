// `fairlead incident report`: what was kept of an incident, as a page, a text or JSON. It needs a worker, and not Temporal's memory.
import { isRecord } from '../../domain/json.ts';
import type { IncidentRecord } from '../../domain/incident/timeline.ts';
import type { CommonOptions } from '../command-options.ts';
import { EXIT, ExitError } from '../exit.ts';
import { actorName } from '../identity.ts';
import { printAsItIs } from '../output/print.ts';
import {
  formatOf,
  openPage,
  pageFile,
  writeReport,
  type Format,
} from '../records/report-output.ts';
import { withTemporal, type Temporal } from '../temporal/connect.ts';
import { inspect } from '../temporal/inspect.ts';
import { incidentName, listRows } from './find.ts';

export interface ReportFlags extends CommonOptions {
  format?: string;
  out?: string;
  open?: boolean;
}

export async function reportIncident(text: string, options: ReportFlags): Promise<void> {
  incidentName(text);
  const format = formatOf(options);
  const record = await withTemporal(actorName(options.as), async (temporal) =>
    readRecord(temporal, text),
  );
  const rendered = await render(record, format);
  const { incident: operation, runId } = record.incident;
  const page =
    options.open === true ? pageFile({ operation, runId }, process.env, process.cwd()) : undefined;
  const file = options.out ?? page;
  if (file === undefined) {
    printAsItIs(rendered.trimEnd());
    return;
  }
  await writeReport(rendered, file);
  if (options.open === true) await openPage(file);
}

/** The record of an incident; where only SYSTEM was typed, of the one that is open, else of the newest one that Temporal remembers. */
async function readRecord(temporal: Temporal, text: string): Promise<IncidentRecord> {
  const { system, id } = incidentName(text);
  const newest = id ?? (await newestId(temporal, system));
  const answer = await inspect(temporal, { system, incident: newest });
  if (isIncidentRecord(answer)) return answer;
  throw new ExitError(
    EXIT.noAnswer,
    `asking for the report of ${system}/${newest}: the answer was no report`,
  );
}

async function newestId(temporal: Temporal, system: string): Promise<string> {
  const [open, closed] = [
    await listRows(temporal, { system }),
    await listRows(temporal, { system, all: true }),
  ];
  const [newest] = [...open, ...closed];
  if (newest !== undefined) return newest.id;
  throw new ExitError(
    EXIT.badInput,
    `Temporal remembers no incident of ${system}; name it: ${system}/ID`,
  );
}

export function isIncidentRecord(value: unknown): value is IncidentRecord {
  return (
    isRecord(value) &&
    value['schema'] === 'fairlead/incident-report/v1' &&
    isRecord(value['incident']) &&
    Array.isArray(value['timeline'])
  );
}

async function render(record: IncidentRecord, format: Format): Promise<string> {
  if (format === 'json') return `${JSON.stringify(record, null, 2)}\n`;
  const { incidentToHtml, incidentToMarkdown } = await import('../../reports/incident.ts');
  return format === 'html' ? incidentToHtml(record) : incidentToMarkdown(record);
}
