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
/** Somebody needs the lease of what saves users, or made this operation give way. */
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

/** Tells how it ends, and waits until everybody was told, or could not be. */
export async function tellOfEnd(run: Run, outcome: Outcome, message: string): Promise<void> {
  if (run.request.dryRun !== true) {
    tell(run, { event: 'ended', outcome, message, leftovers: run.book?.leftovers ?? [] });
  }
  if (run.notices.size === 0) return;
  const isUrgent = savesUsers(run.kind) || outcome === 'preempted';
  const summary = 'Waits until everybody was told';
  await condition(
    () => run.notices.size === 0 || run.hurried === true,
    isUrgent ? WAITS_IN_A_HURRY_MS : WAITS_MS,
    { summary },
  );
  for (const notice of run.notices) notice.cancel();
  await condition(() => run.notices.size === 0);
}

/** Begins to tell, if there is a channel that wants to hear of it. Returns at once. */
function tell(run: Run, subject: NoticeSubject, count = 1): void {
  const channels = channelsFor(run.loaded?.system.notify, subject.event);
  if (Object.keys(channels).length === 0) return;
  const { operation, kind, reason } = run;
  const { system, requestedBy = null } = run.request;
  const { runId } = workflowInfo();
  const facts = { operation, runId, kind, system, at: now(), requestedBy, reason, subject };
  const { directory } = loadedOf(run);
  const input = { facts, key: noticeKey(subject, count), channels, directory };
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

/** Sends one notice and records what became of it in each channel. */
async function deliver(run: Run, input: InputOf<'sendNotices'>): Promise<void> {
  const { subject } = input.facts;
  const about = noticeWords(subject);
  for (const { name: channel, ...delivery } of await resultsOf(run, input, about)) {
    record(run, { type: 'notice', event: subject.event, channel, about, ...delivery });
  }
}

async function resultsOf(
  run: Run,
  input: InputOf<'sendNotices'>,
  about: string,
): Promise<ValueOf<'sendNotices'>> {
  try {
    const summary = `Tell ${Object.keys(input.channels).join(', ')}: ${about}`;
    return await callAside(run, 'sendNotices', input, { step: 'notify', summary });
  } catch (error) {
    const reason = isCancellation(error)
      ? 'the operation did not wait for it'
      : failureOf(error)?.message;
    if (reason === undefined) throw error;
    return Object.keys(input.channels).map((name) => ({ name, delivered: false, reason }));
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
