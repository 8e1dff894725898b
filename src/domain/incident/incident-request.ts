// What an incident is opened with, checked by hand: it comes from outside.
import { badInput, Failure } from '../failure.ts';
import { isRecord } from '../json.ts';
import { describeValue } from '../text/describe-value.ts';
import { noSuchField } from '../text/did-you-mean.ts';
import { NAME, NAME_ALLOWED, PERSON_ALLOWED, personIn } from '../text/names.ts';
import { INCIDENT, incidentId, incidentWords } from './incident.ts';
import { peopleIn, type IncidentPeople } from './people.ts';
import { severityIn, SEVERITIES, type Severity } from './severity.ts';

export interface IncidentRequest {
  system: string;
  id: string;
  title: string;
  severity: Severity;
  service?: string;
  runbook?: string;
  source?: 'person' | 'alert';
  requestedBy?: string;
  /** The people whom the system file names, where an alert opens the incident; without them the incident reads the file first. */
  people?: IncidentPeople;
}

export const LONGEST_TITLE = 200;
const EXAMPLE =
  'for example {"system":"shop","id":"checkout-errors","title":"Checkout answers 500","severity":"P1","requestedBy":"ana"}';

type Rule = readonly [isAllowed: (value: unknown) => boolean, allowed: string, optional?: true];

const isName = (value: unknown): boolean => typeof value === 'string' && NAME.test(value);

const RULES: Record<keyof IncidentRequest, Rule> = {
  system: [isName, NAME_ALLOWED],
  id: [isName, NAME_ALLOWED],
  title: [isTitle, `what is wrong, in at most ${LONGEST_TITLE} characters`],
  severity: [(value) => severityIn(value) !== undefined, SEVERITIES.join(', ')],
  service: [isName, NAME_ALLOWED, true],
  runbook: [isName, NAME_ALLOWED, true],
  source: [(value) => value === 'person' || value === 'alert', 'person or alert', true],
  people: [(value) => peopleIn(value) !== undefined, 'people as a system file has them', true],
  requestedBy: [(value) => personIn(value) !== undefined, PERSON_ALLOWED, true],
};

function isTitle(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '' && value.length <= LONGEST_TITLE;
}

/** What the workflow of an incident is started with, but for its task queue. */
export function incidentStart(request: IncidentRequest) {
  const { system, id, title, severity } = request;
  return {
    ...{ type: INCIDENT, workflowId: incidentId(system, id), args: [request] },
    memo: { [INCIDENT]: { title, severity, phase: 'open', commander: null } },
    // A thousand messages that came at once are read with one task.
    workflowTaskTimeout: '10s' as const,
    staticSummary: incidentWords(request).slice(0, 200),
  };
}

/** Throws a `Failure` BadInput with a sentence for every problem. */
export function parseIncident(raw: unknown): IncidentRequest {
  if (!isRecord(raw)) {
    throw new Failure(
      'BadInput',
      `${INCIDENT} needs one JSON object, not ${describeValue(raw)}; ${EXAMPLE}`,
    );
  }
  const problem = badInput(INCIDENT, problemsIn(raw), EXAMPLE);
  if (problem !== null) throw problem;
  const { system, id, title, severity, service, runbook, requestedBy } = raw;
  return {
    ...{ system: String(system), id: String(id), title: String(title).trim() },
    severity: severityIn(severity) ?? 'P1',
    ...(typeof service === 'string' && { service }),
    ...(typeof runbook === 'string' && { runbook }),
    ...ofAlert(raw),
    ...(requestedBy !== undefined && { requestedBy: personIn(requestedBy) ?? 'somebody' }),
  };
}

function ofAlert({ source, people }: Record<string, unknown>): Partial<IncidentRequest> {
  if (source !== 'alert') return {};
  const known = peopleIn(people);
  return { source, ...(known !== undefined && { people: known }) };
}

function problemsIn(raw: Record<string, unknown>): string[] {
  const fields = Object.keys(RULES);
  return [
    ...Object.keys(raw)
      .filter((field) => !fields.includes(field))
      .map((field) => noSuchField(field, fields)),
    ...Object.entries(RULES).flatMap(([field, [isAllowed, allowed, optional]]) => {
      const value = raw[field];
      if ((optional === true && value === undefined) || isAllowed(value)) return [];
      return [`${field} is ${describeValue(value)}, allowed: ${allowed}`];
    }),
  ];
}
