// Tells people what an operation waits for and how it ended. Beside the main course: nobody waits for a channel but
// the end, which records who could not be told. A system without channels runs no command for any of this.
import { CancellationScope, condition, isCancellation, workflowInfo } from '@temporalio/workflow';
import { whoMay, type Gate } from '../../domain/people/gate.ts';
import type { NoticeGate, NoticeSubject } from '../../domain/people/notice-facts.ts';
import { channelsFor, noticeKey, noticeWords } from '../../domain/people/notice.ts';
import type { Outcome } from '../../domain/operation/outcome.ts';
import { findingsAt } from '../../domain/operation/step-result.ts';
import { callAside, failureOf, type InputOf, type ValueOf } from './call.ts';
import { askingAgain } from './ending-failure.ts';
import { answersOf } from './page.ts';
import { record } from './record.ts';
import { now, type PendingNotice, type Run } from './run.ts';

/** Longer than the activity takes when every channel hangs. */
const WAITS_MS = 30_000;
/** The longest wait (ms) of an operation that saves users, who wait for what comes after it, or of one that has to give way. */
const WAITS_IN_A_HURRY_MS = 3000;

export function tellOfGate(
  run: Run,
  gate: Gate,
  event: 'gate' | 'reminder' | 'escalation',
  to: string[] = [],
): void {
  if (gate.decided !== undefined) return;
  // Each level that a gate is escalated to is told once.
  const more = event === 'escalation' ? apart({ to }) : '';
  tell(run, { event, gate: gateFacts(run, gate), to }, 1, more);
}

/** `found`: what is known now, and was not when it parked. `to`: who is told because those before did not answer. */
export function tellOfParking(
  run: Run,
  { found, to = [] }: { found?: string; to?: string[] } = {},
): void {
  const parked = run.progress.machine?.problem;
  if (parked === undefined || run.people.answer !== undefined || run.people.interrupt !== undefined)
    return;
  const { step, message } = parked;
  const times = run.record.entries.filter(
    (one) => one.type === 'parked' && one.step === step,
  ).length;
  const problem = found === undefined ? message : `${found}; it stays parked: ${message}`;
  const about = { event: 'parked', step, problem, answers: answersOf(run) } as const;
  tell(run, { ...about, ...(to.length > 0 && { to }) }, times, apart({ found, to }));
}

/** What sets apart the notices of one gate, or of one parking. */
function apart({ found, to }: { found?: string | undefined; to: readonly string[] }): string {
  return [found === undefined ? '' : '/found-bad', ...to.map((who) => `/${who}`)].join('');
}

/** Of what a step asks a person for. `to`: who is told because those before did not answer. */
export function tellOfAsk(run: Run, to: string[] = []): void {
  const { asked } = run.people;
  if (asked === undefined) return;
  const { step, kind, text, options = [] } = asked;
  const times = run.record.entries.filter(
    (one) => one.type === 'step' && one.id === step && one.status === 'started',
  ).length;
  const about = { event: 'asked', step, kind, text, options } as const;
  tell(run, { ...about, ...(to.length > 0 && { to }) }, Math.max(1, times), apart({ to }));
}

/** Tells people through one channel, now; answers why that failed, if it did. */
export async function tellChannel(
  run: Run,
  step: string,
  { channel, text }: { channel: string; text: string },
): Promise<string | undefined> {
  const subject = { event: 'told', step, text } as const;
  const times = run.record.entries.filter(
    (one) => one.type === 'step' && one.id === step && one.status === 'started',
  ).length;
  const key = `${noticeKey(subject, Math.max(1, times))}/${channel}`;
  const input = { facts: factsOf(run, subject), key, name: channel };
  const about = noticeWords(subject);
  const delivery = await deliveryOf(run, input, about);
  record(run, { type: 'notice', event: subject.event, channel, about, ...delivery });
  return delivery.delivered ? undefined : delivery.reason;
}

export function tellOfEnd(run: Run, outcome: Outcome, message: string): void {
  if (run.request.dryRun === true) return;
  const again = askingAgain(outcome);
  if (again === 'later') return;
  if (run.runbook.quiet === true && outcome !== 'failed' && again !== 'never') return;
  tell(run, { event: 'ended', outcome, message, leftovers: run.progress.machine?.leftovers ?? [] });
}

/** Waits until everybody was told or could not be. Who needs the leases gets them first, by `giveBack`. */
export async function untilTold(run: Run, giveBack: () => Promise<void>): Promise<void> {
  const isOver = (): boolean => run.people.notices.size === 0;
  const summary = 'Waits until everybody was told';
  if (!isOver() && run.people.mustGiveWay !== true) {
    const most = run.runbook.savesUsers ? WAITS_IN_A_HURRY_MS : WAITS_MS;
    await condition(() => isOver() || run.people.mustGiveWay === true, most, { summary });
  }
  if (!isOver() && run.people.mustGiveWay === true) {
    await giveBack();
    if (!isOver()) await condition(isOver, WAITS_IN_A_HURRY_MS, { summary });
  }
  if (isOver()) return;
  for (const notice of run.people.notices) notice.cancel();
  await condition(isOver);
}

/** Begins to tell through each channel that wants to hear of it. Returns at once. `more`: what sets apart a second notice of one thing. */
function tell(run: Run, subject: NoticeSubject, count = 1, more = ''): void {
  const channels = Object.entries(channelsFor(run.basis.loaded?.system.notify, subject.event));
  if (channels.length === 0) return;
  const facts = factsOf(run, subject);
  for (const [name] of channels) {
    const key = `${noticeKey(subject, count)}${more}/${name}`;
    begin(run, { facts, key, name });
  }
}

function factsOf(run: Run, subject: NoticeSubject): InputOf<'sendNotice'>['facts'] {
  const { operation } = run;
  const { reason } = run.basis;
  const { type: kind } = run.runbook;
  const { system, requestedBy = null } = run.request;
  const { runId } = workflowInfo();
  return { operation, runId, kind, system, at: now(), requestedBy, reason, subject };
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
  run.people.notices.add(pending);
  void scope
    .run(() => deliver(run, input))
    .finally(() => {
      run.people.notices.delete(pending);
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
  const step = id.split('#')[0] ?? id;
  const verdicts = findingsAt(run.progress.results, step).map(({ name, verdict }) => {
    const given = run.record.entries.findLast(
      (entry) => entry.type === 'verdict' && entry.step === step && entry.name === name,
    );
    return { name, verdict, ...(given !== undefined && { at: given.at }) };
  });
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
