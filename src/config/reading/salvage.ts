// The parts of a system file that are right although others are wrong, so that one run of `check` names
// the mistakes of both kinds: of shape (zod), and of sense (rules.ts).
import { z } from 'zod';
import { channelSchema, type Channel } from '../channel.ts';
import { datastoreSchema, type Datastore } from '../datastores.ts';
import { drillSchema, type Drill } from '../drill.ts';
import { alertsSchema, type Alerts } from '../people/alerts.ts';
import { peopleSchema, type People } from '../people/people.ts';
import { recoverySchema, type Recovery } from '../recovery.ts';
import { schedulesSchema, type Schedules } from '../schedules.ts';
import { changesSchema, type Changes } from '../time/changes.ts';
import { maintenanceSchema, type Maintenance } from '../time/maintenance.ts';
import type { Analysis, ApprovalPolicy, Service } from '../system.ts';
import { analysisSchema } from '../analysis.ts';
import { approvalSchema, keysSchema } from '../approval.ts';
import { serviceSchema } from '../service.ts';

/** What the rules look at. Names are all that are declared, their values right or wrong. */
export interface Readable {
  services: Record<string, Service>;
  datastores: Record<string, Datastore>;
  analyses: Record<string, Analysis>;
  approvals: Record<string, ApprovalPolicy>;
  notify: Record<string, Channel>;
  /** Absent when the file has none, or none that is right. */
  schedules: Schedules | undefined;
  changes: Changes | undefined;
  maintenance: Maintenance | undefined;
  drill: Drill | undefined;
  recovery: Recovery | undefined;
  people: People | undefined;
  alerts: Alerts | undefined;
  keys: Record<string, string> | undefined;
  serviceNames: string[];
  analysisNames: string[];
  approvalNames: string[];
  /** Absent when the file has no such section. */
  datastoreNames: string[] | undefined;
}

const anyMap = z.record(z.string(), z.unknown());

/** `value` as it was written; `issues` are what zod said about it. */
export function salvaged(value: unknown, issues: readonly z.core.$ZodIssue[]): Readable {
  const known = structuredClone(value);
  for (const issue of issues) {
    if (issue.code === 'unrecognized_keys') drop(known, issue.path, issue.keys);
  }
  const root = mapOf(known);
  const analyses = mapOf(root['analyses']);
  const approvals = mapOf(root['approvals']);
  const datastores = mapOf(root['datastores']);
  const services = mapOf(root['services']);
  return {
    services: rightOnes(services, serviceSchema),
    datastores: rightOnes(datastores, datastoreSchema),
    analyses: rightOnes(analyses, analysisSchema),
    approvals: rightOnes(approvals, approvalSchema),
    notify: rightOnes(mapOf(root['notify']), channelSchema),
    schedules: schedulesSchema.safeParse(root['schedules']).data,
    changes: changesSchema.safeParse(root['changes']).data,
    maintenance: maintenanceSchema.safeParse(root['maintenance']).data,
    drill: drillSchema.safeParse(root['drill']).data,
    recovery: recoverySchema.safeParse(root['recovery']).data,
    people: peopleSchema.safeParse(root['people']).data,
    alerts: alertsSchema.safeParse(root['alerts']).data,
    keys: keysSchema.safeParse(root['keys']).data,
    serviceNames: Object.keys(services),
    analysisNames: Object.keys(analyses),
    approvalNames: Object.keys(approvals),
    datastoreNames: root['datastores'] === undefined ? undefined : Object.keys(datastores),
  };
}

function mapOf(value: unknown): Record<string, unknown> {
  return anyMap.safeParse(value).data ?? {};
}

function rightOnes<T>(values: Record<string, unknown>, schema: z.ZodType<T>): Record<string, T> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => {
      const parsed = schema.safeParse(value);
      return parsed.success ? [[name, parsed.data]] : [];
    }),
  );
}

/** A misspelt key alone does not hide what the rest of its map says. */
function drop(value: unknown, path: readonly PropertyKey[], keys: readonly string[]): void {
  let here = value;
  for (const part of path) {
    if (typeof here !== 'object' || here === null) return;
    here = Reflect.get(here, part);
  }
  if (typeof here !== 'object' || here === null) return;
  for (const key of keys) Reflect.deleteProperty(here, key);
}
