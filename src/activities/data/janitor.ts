// Takes away what runs left that are over: a terminated operation undoes nothing. Called by the workflow `janitor`.
import { Failure } from '../../domain/failure.ts';
import {
  KEPT_FOR_MS,
  sweepDecision,
  sweptElsewhere,
  sweepReport,
  type Remnant,
  type SweepDecision,
  type Swept,
  type SweepReport,
} from '../../domain/recovery/sweep.ts';
import type { Call } from '../call.ts';
import { ownerState } from '../executions.ts';
import { allIsolation, type Platforms } from '../platforms.ts';
import { keptSides, type QuarantinePorts } from './sweep-quarantines.ts';
import { sweepNotes, sweepPlans, sweepSystems, type KeptSweepPorts } from './sweep-kept.ts';
import type { BackupsPort } from '../../ports/backups.ts';
import type { ObjectRemovalPort } from '../../ports/objects.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Redactor } from '../../ports/redactor.ts';
import type { Waiting } from '../../ports/waiting.ts';

export interface JanitorPorts extends KeptSweepPorts, QuarantinePorts {
  systems: QuarantinePorts['systems'];
  backups: Pick<BackupsPort, 'copies' | 'discard'>;
  platforms: Platforms;
  /** What uploads left that were cut off. */
  uploads: Pick<ObjectRemovalPort, 'sweep'>;
  redactor: Redactor;
  /** This one: what is on another is left to the janitor there. */
  machine: string;
  clock: Pick<Clock, 'now'>;
}

/** Discarding what is gone already is fine. */
export interface Sweepable extends Remnant {
  discard: (waiting: Waiting) => Promise<void>;
}

type Kind = { what: string; list: () => Promise<Sweepable[]> };

/** In this order: what runs on a copy goes before the copy. */
function kindsOf({ backups, platforms }: JanitorPorts): Kind[] {
  return [
    ...allIsolation(platforms).map((isolation): Kind => ({
      what: 'isolated targets',
      list: async () =>
        (await isolation.list()).map(({ target, createdAt, owner, machine, problem }) => ({
          name: target,
          createdAt,
          ...(problem === undefined ? { owner } : { problem }),
          ...(machine !== undefined && { machine }),
          discard: (waiting) => isolation.close({ target, owner }, waiting),
        })),
    })),
    {
      what: 'copies',
      list: async () =>
        (await backups.copies()).map(({ copy, createdAt, owner, machine, problem, keptUntil }) => ({
          name: copy,
          createdAt,
          machine,
          ...(keptUntil !== undefined && { keptUntil }),
          ...(problem !== undefined && { problem }),
          ...(owner && { owner }),
          discard: (waiting) => backups.discard(copy, waiting),
        })),
    },
  ];
}

/** What fails is told, and stops nothing else. */
export async function sweep(_: null, call: Call, ports: JanitorPorts): Promise<SweepReport> {
  const told: Pick<SweepReport, 'removed' | 'left' | 'failed'> = {
    removed: [],
    left: [],
    failed: [],
  };
  const carefully = async (name: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      call.signal.throwIfAborted();
      told.failed.push({ name, reason: ports.redactor.redact(sentenceOf(error)) });
    }
  };
  for (const { what, list } of kindsOf(ports)) {
    await carefully(what, async () => {
      for (const one of await list()) {
        await carefully(one.name, async () => {
          const { remove, reason } = await tidied(one, call, ports);
          const swept: Swept = { name: one.name, reason };
          (remove ? told.removed : told.left).push(swept);
        });
      }
    });
  }
  await carefully('what exchanges kept', async () => {
    for (const { name, reason, remove } of await keptSides(call, ports)) {
      await carefully(name, async () => {
        await remove?.();
        (remove === undefined ? told.left : told.removed).push({ name, reason });
      });
    }
  });
  const counts = { uploads: 0, plans: 0, systems: 0, notices: 0 };
  const swept = async (what: string, name: keyof typeof counts, work: () => Promise<number>) =>
    carefully(what, async () => {
      counts[name] = await work();
    });
  const before = ports.clock.now() - KEPT_FOR_MS;
  await swept('cut-off uploads', 'uploads', () => ports.uploads.sweep(before));
  await swept('plans of runs that are forgotten', 'plans', () => sweepPlans(call, ports));
  await swept('system files that no plan names', 'systems', () => sweepSystems(call, ports));
  await swept('notes of what forgotten runs told', 'notices', () => sweepNotes(call, ports));
  return sweepReport(told, counts);
}

async function tidied(
  one: Sweepable,
  call: Call,
  { clock, machine }: Pick<JanitorPorts, 'clock' | 'machine'>,
): Promise<SweepDecision> {
  call.signal.throwIfAborted();
  const elsewhere = sweptElsewhere(one, machine);
  if (elsewhere !== undefined) return elsewhere;
  const owner = one.owner === undefined ? undefined : await ownerState(one.owner);
  const decision = sweepDecision(one, owner, clock.now());
  if (decision.remove) await one.discard(call);
  return decision;
}

function sentenceOf(error: unknown): string {
  if (error instanceof Failure) return error.message;
  return error instanceof Error ? error.message : String(error);
}
