// Takes away what runs left that are over: a terminated operation undoes nothing. Called by the workflow `janitor`.
import { Failure } from '../domain/failure.ts';
import {
  KEPT_FOR_MS,
  sweepDecision,
  sweepReport,
  type Remnant,
  type SweepDecision,
  type Swept,
  type SweepReport,
} from '../domain/sweep.ts';
import type { Call } from './boundary.ts';
import { ownerState } from './executions.ts';
import type { BackupsPort, ObjectRemovalPort } from './ports-data.ts';
import type { IsolationPort } from './ports-isolation.ts';
import type { Clock, Redactor, Waiting } from './ports.ts';

export interface JanitorPorts {
  backups: Pick<BackupsPort, 'copies' | 'discard'>;
  isolation: Pick<IsolationPort, 'list' | 'close'>;
  /** What uploads left that were cut off. */
  uploads: Pick<ObjectRemovalPort, 'sweep'>;
  redactor: Redactor;
  clock: Pick<Clock, 'now'>;
}

/** Discarding what is gone already is fine. */
export interface Sweepable extends Remnant {
  discard: (waiting: Waiting) => Promise<void>;
}

type Kind = { what: string; list: () => Promise<Sweepable[]> };

/** In this order: what runs on a copy goes before the copy. */
function kindsOf({ backups, isolation }: JanitorPorts): Kind[] {
  return [
    {
      what: 'isolated targets',
      list: async () =>
        (await isolation.list()).map(({ target, createdAt, owner }) => ({
          name: target,
          createdAt,
          owner,
          discard: (waiting) => isolation.close({ target, owner }, waiting),
        })),
    },
    {
      what: 'copies',
      list: async () =>
        (await backups.copies()).map(({ copy, createdAt, owner }) => ({
          name: copy,
          createdAt,
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
  let uploads = 0;
  await carefully('cut-off uploads', async () => {
    uploads = await ports.uploads.sweep(ports.clock.now() - KEPT_FOR_MS);
  });
  return sweepReport(told, uploads);
}

async function tidied(
  one: Sweepable,
  call: Call,
  { clock }: Pick<JanitorPorts, 'clock'>,
): Promise<SweepDecision> {
  call.signal.throwIfAborted();
  const owner = one.owner === undefined ? undefined : await ownerState(one.owner);
  const decision = sweepDecision(one, owner, clock.now());
  if (decision.remove) await one.discard(call);
  return decision;
}

function sentenceOf(error: unknown): string {
  if (error instanceof Failure) return error.message;
  return error instanceof Error ? error.message : String(error);
}
