// Tells people what an operation waits for and how it ended. Beside the main course: nobody waits for a channel but
// the end, which records who could not be told. A system without channels runs no command for any of this.
import { CancellationScope, condition, isCancellation, workflowInfo } from '@temporalio/workflow';
import { whoMay, type Gate } from '../../domain/gate.ts';
import {
  channelsFor,
  noticeKey,
  noticeWords,
  type NoticeGate,
  type NoticeSubject,
} from '../../domain/notice.ts';
import { savesUsers } from '../../domain/operation.ts';
import type { Outcome } from '../../domain/outcome.ts';
import { callAside, failureOf, type InputOf, type ValueOf } from './call.ts';
import { answersOf } from './page.ts';
import { loadedOf, now, record, verdictsAt, type PendingNotice, type Run } from './run.ts';

/** Longer than the activity takes when every channel hangs. */
const WAITS_MS = 30_000;
/** It saves users, and users wait for what comes after it; or it has to make way. */
const WAITS_IN_A_HURRY_MS = 3000;

export function tellOfGate(
  run: Run,
  gate: Gate,
  event: 'gate' | 'reminder' | 'escalation',
  to: string[] = [],
): void {
  if (gate.decided === undefined) tell(run, { event, gate: gateFacts(run, gate), to });
}

export function tellOfParking(run: Run): void {
  const problem = run.book?.problem;
  if (problem === undefined || run.answer !== undefined || run.interrupt !== undefined) return;
  const { step, message } = problem;
  const times = run.entries.filter((one) => one.type === 'parked' && one.step === step).length;
  tell(run, { event: 'parked', step, problem: message, answers: answersOf(run) }, times);
}

export function tellOfEnd(run: Run, outcome: Outcome, message: string): void {
  if (run.request.dryRun === true) return;
  // Hours after its deploy, and called off by the next one: that it went wrong is all that anybody wants to hear.
  if (run.kind === 'retireRevision' && outcome !== 'failed') return;
  tell(run, { event: 'ended', outcome, message, leftovers: run.book?.leftovers ?? [] });
}

/** Waits until everybody was told or could not be. Who needs the leases gets them first, by `giveBack`. */
export async function untilTold(run: Run, giveBack: () => Promise<void>): Promise<void> {
  const isOver = (): boolean => run.notices.size === 0;
  const summary = 'Waits until everybody was told';
  if (!isOver() && run.hurried !== true) {
    const most = savesUsers(run.kind) ? WAITS_IN_A_HURRY_MS : WAITS_MS;
    await condition(() => isOver() || run.hurried === true, most, { summary });
  }
  if (!isOver() && run.hurried === true) {
    await giveBack();
    if (!isOver()) await condition(isOver, WAITS_IN_A_HURRY_MS, { summary });
  }
  if (isOver()) return;
  for (const notice of run.notices) notice.cancel();
  await condition(isOver);
}

/** Begins to tell through each channel that wants to hear of it. Returns at once. */
function tell(run: Run, subject: NoticeSubject, count = 1): void {
  const channels = Object.entries(channelsFor(run.loaded?.system.notify, subject.event));
  if (channels.length === 0) return;
  const { operation, kind, reason } = run;
  const { system, requestedBy = null } = run.request;
  const { runId } = workflowInfo();
  const facts = { operation, runId, kind, system, at: now(), requestedBy, reason, subject };
  const { directory } = loadedOf(run);
  for (const [name, channel] of channels) {
    const key = `${noticeKey(subject, count)}/${name}`;
    begin(run, { facts, key, name, channel, directory });
  }
}

function begin(run: Run, input: InputOf<'sendNotice'>): void {
  // An interrupt of what goes on ends no notice; only the end of the operation does.
  const shield = new CancellationScope({ cancellable: false });
  const scope = new CancellationScope({ cancellable: true, parent: shield });
  const pending: PendingNotice = {
    cancel: () => {
      scope.cancel();
    },
  };
  run.notices.add(pending);
  void scope
    .run(() => deliver(run, input))
    .finally(() => {
      run.notices.delete(pending);
    });
}

/** Sends one notice through one channel and records what became of it. */
async function deliver(run: Run, input: InputOf<'sendNotice'>): Promise<void> {
  const { subject } = input.facts;
  const about = noticeWords(subject);
  const delivery = await deliveryOf(run, input, about);
  record(run, { type: 'notice', event: subject.event, channel: input.name, about, ...delivery });
}

async function deliveryOf(
  run: Run,
  input: InputOf<'sendNotice'>,
  about: string,
): Promise<ValueOf<'sendNotice'>> {
  try {
    const summary = `Tell ${input.name}: ${about}`;
    return await callAside(run, 'sendNotice', input, { step: 'notify', summary });
  } catch (error) {
    const reason = isCancellation(error)
      ? 'the operation did not wait for it'
      : failureOf(error)?.message;
    if (reason === undefined) throw error;
    return { delivered: false, reason };
  }
}

function gateFacts(run: Run, gate: Gate): NoticeGate {
  const { id, policyName: policy, digest, need, approvals } = gate;
  const expiresAt = new Date(gate.expiresAt).toISOString();
  const verdicts = verdictsAt(run, id.split('#')[0] ?? id);
  return {
    id,
    policy,
    digest,
    need,
    have: approvals.length,
    who: whoMay(gate),
    expiresAt,
    verdicts,
  };
}
