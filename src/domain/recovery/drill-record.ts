// What is kept of a drill, beside the backups that it proved: whether it passed, how long it took, and what it stood on.
// Made by the activity recordDrill, read back by datastores/drills.ts, judged by recoverability.ts.
import type { System } from '../../config/system.ts';
import { digestOf } from '../digest.ts';
import { primaryDatastores } from '../operation/operation.ts';
import { derivedIn } from './derived-steps.ts';
import type { Outcome } from '../operation/outcome.ts';
import { startedServices } from './started-services.ts';
import type { Verdict } from '../analysis/verdict.ts';

export interface DrillRecord {
  schema: 'fairlead/drill/v1';
  system: string;
  operation: string;
  workflowId: string;
  runId: string;
  outcome: Outcome;
  verdict: Verdict | null;
  /** The sentence it ended with. */
  reason: string;
  /** ISO 8601. */
  startedAt: string;
  endedAt: string;
  /** How long the recovery took, people not counted; null when it was not measured. */
  rtoMs: number | null;
  /** How old the oldest recovery point was at the drill's start. */
  rpoMs: number | null;
  /** Ids of the backups that were restored. */
  backups: string[];
  shape: Shape;
  engine: Engine;
  /** The last entry of the drill's evidence when this was written. */
  evidenceHead: string | null;
}

/** What a recovery stands on, each part with its digest: `datastores.orders`, `services.api`, `drill`. */
export type Shape = Record<string, string>;

/** Versions of the programs that recover: `fairlead`, `orders.pg_dump`. */
export type Engine = Record<string, string>;

/** Datastores that a drill restores or flushes, and the services that it starts. Without what says how often and how much: another retention is the same recovery. */
export function shapeOf(system: System): Shape {
  const { datastores = {}, services } = system;
  const primary = primaryDatastores(system);
  const started = startedServices(system, primary);
  const shape: Shape = {};
  for (const name of [...primary, ...derivedIn({ system }, started)]) {
    const settings = datastores[name];
    if (settings === undefined) continue;
    const { description: _, backup, ...rest } = settings;
    const { compression, encryption = null } = backup;
    shape[`datastores.${name}`] = digestOf({ ...rest, compression, encryption });
  }
  for (const name of started) {
    const service = services[name];
    if (service === undefined) continue;
    const { command = null, image = null, directory, configuration, health, files } = service;
    const bound = [...service.datastores].sort();
    const run = { command, image, directory, configuration, health, files, bound };
    shape[`services.${name}`] = digestOf(run);
  }
  const { drill } = system;
  if (drill !== undefined) {
    const { every: _, ...rest } = drill;
    shape['drill'] = digestOf(rest);
  }
  return shape;
}

/** `tools`: those of the manifest of each datastore's backup. */
export function engineOf(
  fairlead: string,
  tools: Readonly<Record<string, Readonly<Record<string, string>>>>,
): Engine {
  const engine: Engine = { fairlead };
  for (const [datastore, versions] of Object.entries(tools)) {
    for (const [tool, version] of Object.entries(versions))
      engine[`${datastore}.${tool}`] = version;
  }
  return engine;
}

const DEFAULT_EVERY_MS = 30 * 24 * 3_600_000;

/** How old a drill may become before it proves nothing any more (ms). */
export function drillEvery(system: System): number {
  return system.drill?.every ?? DEFAULT_EVERY_MS;
}
