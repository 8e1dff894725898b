// Waiting for people: a gate with its reminder, escalation and deadline, a parked step, a pause.
import { condition } from '@temporalio/workflow';
import type { ApprovalPolicy } from '../../config/system.ts';
import { openGate, type Gate } from '../../domain/gate.ts';
import type { PlanStep } from '../../domain/plan.ts';
import type { RunbookEvent } from '../../domain/runbook-state.ts';
import { shown } from '../../domain/weights.ts';
import { call, failureOf } from './call.ts';
import { tellOfGate, tellOfParking } from './notices.ts';
import { rule } from './obey.ts';
import { setState, showPage } from './page.ts';
import {
  loadedOf,
  now as isoNow,
  placeIn,
  planOf,
  record,
  verdictsAt,
  type Received,
  type Run,
} from './run.ts';

/** Opens the gate of a step and waits until it is decided or its deadline has passed. */
export async function askPeople(run: Run, step: PlanStep): Promise<RunbookEvent> {
  const opened = open(run, step);
  const now = (): Gate => run.gates.find((gate) => gate.id === opened.id) ?? opened;
  setState(run, 'waiting');
  await settleMessages(run);
  await writeRecord(run, `Wait for ${opened.need} to approve ${opened.id}`);
  tellOfGate(run, now(), 'gate');
  await waiting(run, async () => {
    for (const moment of momentsOf(opened)) {
      if (await decidedBy(run, moment, opened.id, () => now().decided !== undefined)) break;
      pass(run, now(), moment);
      await writeRecord(run, `${opened.id}: ${moment.what}`);
      if (moment.what !== 'deadline') tellOfGate(run, now(), moment.what, moment.who);
    }
  });
  setState(run, 'running');
  await settleMessages(run);
  const { decided } = now();
  const decision = decided?.decision ?? 'expired';
  const message =
    decided?.by == null
      ? `nobody decided ${opened.id} before its deadline`
      : `${decided.by} ${decision} ${opened.id}`;
  return { type: 'answered', decision, message };
}

/** Waits for people: however long that takes, and however it ends, it is no time without a worker. */
async function waiting(run: Run, work: () => Promise<void>): Promise<void> {
  const from = Date.now();
  run.waitingSince = from;
  try {
    await work();
  } finally {
    delete run.waitingSince;
    run.aliveAt = Date.now();
    run.waitedMs += run.aliveAt - from;
  }
}

/** Waits until a moment; messages that do not decide are recorded as they come. */
async function decidedBy(
  run: Run,
  moment: Moment,
  gate: string,
  decided: () => boolean,
): Promise<boolean> {
  while (!decided()) {
    const left = moment.at - Date.now();
    if (left <= 0) return false;
    const summary = `${gate} waits for an answer, next: ${moment.what}`;
    const woken = await condition(() => decided() || run.received.length > 0, left, { summary });
    if (!woken) return false;
    await settleMessages(run);
  }
  return true;
}

/** Waits for an answer to a parked step. */
export async function askAboutProblem(run: Run): Promise<RunbookEvent> {
  setState(run, 'parked');
  await writeRecord(run, `Parked at ${run.book?.problem?.step ?? 'a step'}`);
  tellOfParking(run);
  for (;;) {
    await waiting(run, () => settledUntil(run, () => run.answer !== undefined));
    const { answer } = run;
    delete run.answer;
    await settleMessages(run);
    if (answer === undefined) return { type: 'retryStep' };
    if (answer.type === 'skipStep') return { type: 'skipStep', by: answer.by };
    if (answer.type === 'retryStep' || (await adopted(run))) return { type: answer.type };
  }
}

/** What could not be read cannot be adopted: it stays parked, and says so. */
async function adopted(run: Run): Promise<boolean> {
  try {
    await adoptWorld(run);
    return true;
  } catch (error) {
    const reason = failureOf(error)?.message;
    if (reason === undefined) throw error;
    run.refusal = { name: 'adopt', actor: null, reason, at: isoNow() };
    record(run, { type: 'finding', text: `adopt could not read the world: ${reason}` });
    showPage(run);
    return false;
  }
}

/** Takes the weights as they are now for what this operation left behind. */
async function adoptWorld(run: Run): Promise<void> {
  for (const service of Object.keys(planOf(run).before)) {
    const { value } = await call(run, 'readTraffic', placeIn(run, service), {
      profile: 'look',
      step: run.step ?? 'adopt',
      summary: `Adopt the traffic of ${service}`,
    });
    run.weights[service] = value;
    run.attempted.delete(service);
    record(run, { type: 'weights', service, versions: shown(value) });
  }
}

/** Holds while the run is paused. */
export async function unpaused(run: Run): Promise<void> {
  if (run.paused === undefined) return;
  setState(run, 'paused');
  await settleMessages(run);
  await writeRecord(run, 'Paused');
  await waiting(run, () => settledUntil(run, () => run.paused === undefined));
  await settleMessages(run);
  setState(run, 'running');
}

/** Waits without a deadline; messages that come in meanwhile are recorded as they come. */
async function settledUntil(run: Run, over: () => boolean): Promise<void> {
  while (!over()) {
    await condition(() => over() || run.received.length > 0);
    await settleMessages(run);
  }
}

/** Records the messages that came in, what people wrote in them redacted first. */
export async function settleMessages(run: Run): Promise<void> {
  const received = run.received.splice(0);
  if (received.length === 0) return;
  const texts = await redacted(run, received);
  for (const [index, { at, actor, accepted, decision }] of received.entries()) {
    const [name = '', note = '', typed = ''] = texts[index] ?? [];
    const reason = typed === '' ? null : typed;
    record(run, { type: 'message', name, actor, accepted, note, reason }, at);
    if (!accepted) run.refusal = { name, actor, reason: note, at };
    if (decision !== undefined) record(run, { type: 'decision', ...decision, reason }, at);
  }
  showPage(run);
}

/** Name, note and reason of each, as they may be shown; what nobody could redact is withheld, and holds nothing up. */
async function redacted(run: Run, received: Received[]): Promise<string[][]> {
  const texts = received.map(({ name, note, reason }) => [name, note, reason ?? '']);
  if (received.every((one) => one.reason === null && one.quotes !== true)) return texts;
  const options = {
    profile: 'look',
    step: run.step ?? 'messages',
    summary: 'Redact what people wrote',
  } as const;
  try {
    const { value } = await call(run, 'redactTexts', texts.flat(), options);
    return texts.map((one, index) => value.slice(index * one.length, (index + 1) * one.length));
  } catch (error) {
    if (failureOf(error) === undefined) throw error;
    const withheld = '(withheld: it could not be redacted)';
    return texts.map((one) => one.map((text) => (text === '' ? '' : withheld)));
  }
}

/** Writes what is not written yet before people are waited for. */
async function writeRecord(run: Run, summary: string): Promise<void> {
  await call(run, 'recordEvidence', null, { profile: 'look', step: run.step ?? 'record', summary });
}

function open(run: Run, step: PlanStep): Gate {
  const policyName = step.gate ?? '';
  const policy: ApprovalPolicy | undefined = loadedOf(run).system.approvals[policyName];
  if (policy === undefined) throw new Error(`a gate with the unknown policy ${policyName}`);
  const gate = openGate({
    step: step.id,
    before: run.gates.filter((one) => one.id.split('#')[0] === step.id).length,
    policyName,
    policy,
    planDigest: planOf(run).digest,
    verdicts: verdictsAt(run, step.id),
    requester: run.request.requestedBy ?? null,
    now: Date.now(),
  });
  run.gates.push(gate);
  record(run, {
    type: 'gate',
    gate: gate.id,
    policy: policyName,
    digest: gate.digest,
    need: gate.need,
    who: policy.from ?? [],
    expiresAt: new Date(gate.expiresAt).toISOString(),
  });
  const early = run.early.filter(({ message }) => message.gate === gate.id);
  run.early = run.early.filter(({ message }) => message.gate !== gate.id);
  for (const { name, message } of early) {
    const latest = run.gates.find((one) => one.id === gate.id) ?? gate;
    run.received.push({ name, at: isoNow(), ...rule(run, latest, name, message) });
  }
  return gate;
}

interface Moment {
  at: number;
  what: 'reminder' | 'escalation' | 'deadline';
  who: string[];
}

function momentsOf({ policy, openedAt, expiresAt }: Gate): Moment[] {
  const moments: Moment[] = [
    { at: openedAt + policy.reminder, what: 'reminder', who: policy.from ?? [] },
  ];
  if (policy.escalation !== undefined) {
    const { after, to } = policy.escalation;
    moments.push({ at: openedAt + after, what: 'escalation', who: to });
  }
  const before = moments.filter((moment) => moment.at < expiresAt).sort((a, b) => a.at - b.at);
  return [...before, { at: expiresAt, what: 'deadline', who: [] }];
}

function pass(run: Run, gate: Gate, moment: Moment): void {
  if (moment.what === 'deadline') {
    run.gates = run.gates.map((one) =>
      one.id === gate.id ? { ...one, decided: { decision: 'expired', by: null } } : one,
    );
    record(run, {
      type: 'decision',
      gate: gate.id,
      decision: 'expired',
      actor: null,
      trust: 'none',
      reason: null,
      digest: gate.digest,
      final: true,
    });
    return;
  }
  const who = moment.who.length === 0 ? '' : ` to ${moment.who.join(', ')}`;
  record(run, { type: 'finding', text: `${moment.what}${who}: ${gate.id} waits for an answer` });
}
