// What a recovery does with live datastores: asks whether they can be exchanged, fences them, shows that nobody writes,
// counts what will be lost, exchanges.
import type { Finding } from '../../domain/analysis/finding.ts';
import { Failure } from '../../domain/failure.ts';
import {
  exchangeWords,
  judgeExchanged,
  judgeQuiet,
  QUIET_MS,
  type Exchanged,
  type ExchangePlan,
  type Loss,
  type WritePosition,
} from '../../domain/recovery/exchange.ts';
import { sizeOf } from '../../domain/text/amounts.ts';
import { ROOM } from '../../domain/recovery/exchange-steps.ts';
import type { RoomCommand } from '../../config/recovery.ts';
import type { ChecksPort } from '../../ports/checks.ts';
import { digestOf } from '../../domain/digest.ts';
import type { BoundPlace } from '../../domain/recovery/binding.ts';
import { notLost, placeWords } from '../../domain/recovery/live/lost.ts';
import type { BackupsPort, CopyRef, DatastoreRef } from '../../ports/backups.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ExchangesPort } from '../../ports/exchanges.ts';
import type { Call } from '../call.ts';

export interface ExchangePorts {
  exchanges: ExchangesPort;
  clock: Clock;
}

interface LookAhead {
  stores: { store: DatastoreRef; bytes: number }[];
  /** `recovery.room` of the system file. */
  room?: RoomCommand;
}

/** All of them are looked at, whatever is said of one. */
export async function lookAhead(
  { stores, room }: LookAhead,
  call: Call,
  ports: ExchangePorts & { checks: ChecksPort },
): Promise<Finding[]> {
  const { exchanges } = ports;
  const findings: Finding[] = [];
  for (const { store, bytes } of stores) {
    const name = `exchange ${store.datastore}`;
    const why = await exchanges.unable(store);
    if (why !== undefined) {
      findings.push({ name, verdict: 'fail', reason: why, samples: 1 });
      continue;
    }
    findings.push({ name, verdict: 'pass', reason: 'it can be exchanged', samples: 1 });
    findings.push(await roomFinding({ store, bytes, ...(room && { room }) }, call, ports));
    call.beat();
  }
  return findings;
}

/** Not everywhere can anybody look: then the command of the system file is asked, and without one it is not known. */
async function roomFinding(
  { store, bytes, room }: { store: DatastoreRef; bytes: number; room?: RoomCommand },
  call: Call,
  { exchanges, checks }: Pick<ExchangePorts, 'exchanges'> & { checks: ChecksPort },
): Promise<Finding> {
  const about = { name: `${ROOM}${store.datastore}`, samples: 1 } as const;
  const found = await exchanges.room(store, bytes);
  const size = sizeOf(bytes);
  if ('short' in found) return { ...about, verdict: 'fail', reason: found.short };
  if (room === undefined) {
    const reason = found.known
      ? `there is room for ${size} beside it`
      : `whether there is room for ${size} beside it is not known: nobody can look at its disk from here, and recovery.room names no command`;
    return { ...about, verdict: 'pass', reason };
  }
  const filled = room.command.map((word) =>
    word.replaceAll('{datastore}', store.datastore).replaceAll('{bytes}', String(bytes)),
  );
  const check = { name: 'room', command: filled, status: 200, timeout: room.timeout };
  const nowhere = { address: '', url: '', version: '', headers: async () => ({}) };
  try {
    await checks.run({ check, directory: store.directory, ...nowhere }, call);
    return { ...about, verdict: 'pass', reason: `by recovery.room there is room for ${size}` };
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== 'CheckFailed') throw error;
    const reason = `by recovery.room there is no room for ${size}: ${error.message}`;
    return { ...about, verdict: 'fail', reason };
  }
}

export async function writeFence(
  { store }: { store: DatastoreRef },
  call: Call,
  { exchanges }: ExchangePorts,
): Promise<{ detail: string }> {
  const { epoch, quarantined, open } = await exchanges.writeFence(
    { store, token: await call.token() },
    call,
  );
  const done =
    open === undefined
      ? `nothing is found under the name of ${store.datastore} since epoch ${epoch}; what was live is in ${quarantined}`
      : `of ${store.datastore}, ${open}; what was live is in ${quarantined}`;
  return { detail: done };
}

export async function liftFence(
  { store }: { store: DatastoreRef },
  call: Call,
  { exchanges }: ExchangePorts,
): Promise<{ detail: string }> {
  await exchanges.liftFence({ store, token: await call.token() }, call);
  return { detail: `${store.datastore} is found under its name again` };
}

/** Against what was found `since`; else twice, as far apart as it takes to see a writer that does something every second. */
export async function proveQuiet(
  { store, since }: { store: DatastoreRef; since?: WritePosition },
  call: Call,
  { exchanges, clock }: ExchangePorts,
): Promise<{ finding: Finding; position: WritePosition }> {
  const before = since ?? (await exchanges.writePosition(store, call));
  const left = before.at + QUIET_MS - clock.now();
  if (left > 0) await clock.sleep(left, call.signal);
  const position = await exchanges.writePosition(store, call);
  return { finding: judgeQuiet(store.datastore, before, position), position };
}

export async function lossAgainst(
  { target }: { target: CopyRef },
  call: Call,
  { exchanges }: ExchangePorts,
): Promise<{ loss: Loss; plan: ExchangePlan }> {
  const plan = await exchanges.exchangePlan(target, call);
  const loss = await exchanges.lossAgainst({ target, quarantined: plan.from }, call);
  return { loss, plan };
}

/** `plan` is compared with what is there: one that was approved for other places is not carried out. */
export async function exchangeStore(
  { target, plan }: { target: CopyRef; plan: ExchangePlan },
  call: Call,
  { exchanges, clock }: ExchangePorts,
): Promise<{ exchanged: Exchanged; detail: string }> {
  const token = await call.token();
  const since = new Date(clock.now()).toISOString();
  const exchanged = await exchanges.exchange({ store: target.store, plan, token, since }, call);
  if (exchanged.live !== plan.to) {
    const message = `${target.store.datastore} was to be exchanged for ${plan.to}, and ${exchanged.live} is live`;
    throw new Failure('WorldChanged', message, { expected: plan.to, found: exchanged.live });
  }
  return { exchanged, detail: exchangeWords(plan) };
}

/** By what is read of the live datastore itself, and not by what the exchange answered. */
export async function judgeLive(
  { target, plan, loss }: { target: CopyRef; plan: ExchangePlan; loss: Loss },
  call: Call,
  { exchanges }: ExchangePorts,
): Promise<Finding> {
  const { from: live } = await exchanges.exchangePlan(target, call);
  const found = await exchanges.lossAgainst({ target, quarantined: plan.from }, call);
  return judgeExchanged(target.store.datastore, { plan, loss }, { live, loss: found });
}

/** Whether the datastore is gone, and can be restored at that place. That it answers still is no recovery's to ignore. */
export async function lookLost(
  { store, place }: { store: DatastoreRef; place: BoundPlace },
  _: Call,
  { exchanges }: ExchangePorts,
): Promise<Finding[]> {
  const { answers, unable } = await exchanges.lost({ store, place });
  const about = { samples: 1 } as const;
  return [
    answers === undefined
      ? { ...about, name: 'lost', verdict: 'pass', reason: `${store.datastore} does not answer` }
      : { ...about, name: 'lost', verdict: 'fail', reason: notLost(store.datastore, answers) },
    unable === undefined
      ? { ...about, name: 'place', verdict: 'pass', reason: `${placeWords(place)} takes it` }
      : { ...about, name: 'place', verdict: 'fail', reason: unable },
  ];
}

export async function bindElsewhere(
  { target, place }: { target: CopyRef; place: BoundPlace },
  call: Call,
  { exchanges, clock }: ExchangePorts,
): Promise<{ detail: string }> {
  const since = new Date(clock.now()).toISOString();
  await exchanges.bind({ target, place, token: await call.token(), since }, call);
  return { detail: `${placeWords(place)} is ${target.store.datastore} since ${since}` };
}

/** By what is read under the name of the datastore, and not by what the change answered. */
export async function judgeMoved(
  { target }: { target: CopyRef },
  call: Call,
  { exchanges, backups }: ExchangePorts & { backups: Pick<BackupsPort, 'fingerprint'> },
): Promise<Finding[]> {
  const { datastore } = target.store;
  const lacking = await exchanges.lacking(target, call);
  const live = await backups.fingerprint(target.store, call, call.run);
  const copy = await backups.fingerprint(target, call);
  const isCopy = digestOf(live.contents.parts) === digestOf(copy.contents.parts);
  const about = { name: `live ${datastore}`, samples: live.contents.parts.length };
  const found: Finding = isCopy
    ? { ...about, verdict: 'pass', reason: `${datastore} is the copy, part by part` }
    : { ...about, verdict: 'fail', reason: `${datastore} is not the copy that was approved` };
  const logins = lacking.map((reason): Finding => {
    return { name: `logins of ${datastore}`, verdict: 'inconclusive', samples: 1, reason };
  });
  return [found, ...logins];
}

export async function flushDerived(
  { store }: { store: DatastoreRef },
  call: Call,
  { exchanges }: ExchangePorts,
): Promise<{ detail: string }> {
  const { live, quarantined } = await exchanges.flush({ store, token: await call.token() }, call);
  return { detail: `${store.datastore} is empty: ${live} took the place of ${quarantined}` };
}
