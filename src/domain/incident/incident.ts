// An incident: what it is about, how far people are with it, by when they have to be, and who does what. Plain data that its
// workflow keeps for as long as the incident lives; what changes it is in incident-messages.ts and passing-time.ts.
import { NAME } from '../text/names.ts';
import type { AlertSeen } from './alerts.ts';
import type { IncidentClocks, IncidentPeople } from './people.ts';
import type { Severity } from './severity.ts';

/** The workflow type of an incident, and the first word of its id. */
export const INCIDENT = 'incident';

/**
 * `open`: nobody has acknowledged it. `investigating`: somebody has. `identified`: its cause is known. `monitoring`: users
 * are helped, and it is watched. `resolved`: it is over. `closed`: everything about it is done.
 */
export const PHASES = [
  'open',
  'investigating',
  'identified',
  'monitoring',
  'resolved',
  'closed',
] as const;
export type Phase = (typeof PHASES)[number];

/** A text with who said it and when (ISO 8601). */
export interface Said {
  text: string;
  by: string;
  at: string;
}

/** By when something has to be done, when it was, and whether people were told that it was late. Times are ISO 8601. */
export interface Clock {
  dueAt: string;
  doneAt: string | null;
  overdue: boolean;
}

/** A role that somebody gives to somebody else, who has not taken it yet. */
export interface Handover {
  role: string;
  from: string;
  to: string;
  askedAt: string;
  /** ISO 8601: when both are told that it is still not taken. */
  dueAt: string;
  reminded: boolean;
}

export interface FollowUp {
  id: number;
  text: string;
  owner: string | null;
  /** ISO 8601, a day; null for none. */
  due: string | null;
  doneAt: string | null;
  doneBy: string | null;
  reminded: boolean;
}

/** An operation of the system, as Temporal lists it. */
export interface OperationSeen {
  operation: string;
  workflowId: string;
  firstRunId: string;
  kind: string;
  startedAt: string;
  endedAt: string | null;
  outcome: string | null;
  summary: string | null;
}

export interface Incident {
  schema: 'fairlead/incident/v1';
  /** `incident/<system>/<id>` */
  incident: string;
  system: string;
  id: string;
  /** The first run of its workflow. */
  runId: string;
  title: string;
  severity: Severity;
  service: string | null;
  /** The runbook of steps that its alert names. */
  runbook: string | null;
  source: 'person' | 'alert';
  phase: Phase;
  openedAt: string;
  openedBy: string;
  acknowledgedBy: string | null;
  cause: Said | null;
  mitigation: Said | null;
  resolution: Said | null;
  review: Said | null;
  closedAt: string | null;
  closedBy: string | null;
  clocks: Record<keyof IncidentClocks, Clock>;
  /** Who was told last that somebody is needed, and when the next level is; null for nobody any more. */
  paging: { level: number; round: number; nextAt: string | null };
  people: IncidentPeople;
  roles: Record<string, string>;
  handover: Handover | null;
  followUps: FollowUp[];
  alerts: AlertSeen[];
  /** Alerts beyond the ones that are kept. */
  moreAlerts: number;
  /** What operations did from 24 h before it was opened. */
  operations: OperationSeen[];
  moreOperations: number;
  /** ISO 8601: when the review has to be held; null before the resolution, and where none is due. */
  reviewDueAt: string | null;
  /** ISO 8601: the next reminder of what is left to do. */
  remindAt: string | null;
}

/** Who takes decisions in an incident: whoever acknowledges it first. */
export const COMMANDER = 'commander';

export function incidentId(system: string, id: string): string {
  return `${INCIDENT}/${system}/${id}`;
}

/** The incident that a workflow id names; undefined for any other id. */
export function incidentNamed(workflowId: string): { system: string; id: string } | undefined {
  const [word, system = '', id = '', ...more] = workflowId.split('/');
  const fits = word === INCIDENT && NAME.test(system) && NAME.test(id) && more.length === 0;
  return fits ? { system, id } : undefined;
}

export function isOver({ phase }: Pick<Incident, 'phase'>): boolean {
  return phase === 'resolved' || phase === 'closed';
}

/** Does a severity ask for a written review (post-mortem)? P3 hurts no user. */
export function needsReview({ severity }: Pick<Incident, 'severity'>): boolean {
  return severity !== 'P3';
}

/** `P1 shop: checkout answers 500` */
export function incidentWords({
  severity,
  system,
  title,
}: Pick<Incident, 'severity' | 'system' | 'title'>): string {
  return `${severity} ${system}: ${title}`;
}
