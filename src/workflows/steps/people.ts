// Asking people: a gate with its reminder, escalation and deadline, a parked step, a pause.
import { openGate, type Gate } from '../../domain/people/gate.ts';
import { policyNamed } from '../../domain/people/recovery-approval.ts';
import type { PlanStep } from '../../domain/operation/plan.ts';
import { findingsAt } from '../../domain/operation/step-result.ts';
import type { MachineEvent } from '../../domain/operation/machine-state.ts';
import { uuid4, workflowInfo } from '@temporalio/workflow';
import { call, failureOf } from './call.ts';
import { dropLate, settleLate } from './late-answers.ts';
import { tellOfGate, tellOfParking } from './notices.ts';
import { watched } from './gate-watch.ts';
import { ruleEarly } from './handle-message.ts';
import { momentsOfGate, momentsOfStep, untilAnswered, type Moment } from '../asking/moments.ts';
import { takeLease } from './leases.ts';
import { setState } from './page.ts';
import { record, recordWeights } from './record.ts';
import { loadedOf, machineOf, now as isoNow, planOf, type Run } from './run.ts';
import { settleMessages } from './settle-messages.ts';
import { overBefore, settledUntil, waiting, writeRecord } from './wait.ts';

/** Opens the gate of a step and waits until it is decided or its deadline has passed. */
export async function askPeople(run: Run, step: PlanStep): Promise<MachineEvent> {
  const opened = open(run, step);
  const now = (): Gate => run.people.gates.find((gate) => gate.id === opened.id) ?? opened;
  const during = `${opened.id} waited for approval`;
  const bad = await watched(run, { at: 'gate', during, undoes: true }, async (isBad) => {
    setState(run, 'waiting');
    await settleMessages(run);
    await writeRecord(run, `Wait for ${opened.need} to approve ${opened.id}`);
    tellOfGate(run, now(), 'gate');
    try {
      await waiting(run, () =>
        untilDecided(run, opened.id, momentsOfGate(run, opened), now, isBad),
      );
    } finally {
      dropLate(run);
    }
    return isPassed(now());
  });
  setState(run, 'running');
  await settleMessages(run);
  if (bad !== undefined) return bad;
  const { decided } = now();
  const decision = decided?.decision ?? 'expired';
  const message =
    decided?.by == null
      ? `nobody decided ${opened.id} before its deadline`
      : `${decided.by} ${decision} ${opened.id}`;
  return { type: 'answered', decision, message };
}

/** Until the gate is decided, its deadline has passed or the gate watch fails; what is due on the way is done. */
async function untilDecided(
  run: Run,
  id: string,
  moments: Moment[],
  gate: () => Gate,
  isBad: () => boolean,
): Promise<void> {
  const isDecided = (): boolean => gate().decided !== undefined || isBad();
  for (const moment of moments) {
    const summary = `${id} waits for an answer, next: ${moment.what}`;
    if (await overBefore(run, moment.at, isDecided, summary)) return;
    if (moment.what === 'deadline') await settleLate(run);
    if (isDecided()) return;
    pass(run, gate(), moment);
    await writeRecord(run, `${id}: ${moment.what}`);
    if (moment.what !== 'deadline') tellOfGate(run, gate(), moment.what, moment.who);
  }
}

function isPassed({ decided }: Gate): boolean {
  return decided?.decision === 'approved' || decided?.decision === 'overridden';
}

/** Waits for an answer to a parked step. */
export async function askAboutProblem(run: Run): Promise<MachineEvent> {
  const { step = 'a step', kind } = machineOf(run).problem ?? {};
  // Where somebody else changed the world, only people take anything back.
  const during = `it was parked at ${step}`;
  const how = { at: 'park', during, undoes: kind === 'Inconclusive' } as const;
  const moments = momentsOfStep(run);
  for (let isTold = false; ; isTold = true) {
    const bad = await watched(run, how, async (isBad) => {
      setState(run, 'parked');
      if (!isTold) {
        await writeRecord(run, `Parked at ${step}`);
        tellOfParking(run);
      }
      const isOver = () => run.people.answer !== undefined || isBad();
      await waiting(run, () => untilAnswered(run, { step, what: 'is parked' }, isOver, moments));
      return true;
    });
    if (bad !== undefined) return bad;
    const { answer } = run.people;
    delete run.people.answer;
    await settleMessages(run);
    if (answer === undefined) return { type: 'retryStep' };
    if (answer.type === 'skipStep') return { type: 'skipStep', by: answer.by };
    if (answer.type === 'retryStep') await withNewerEpoch(run);
    if (answer.type === 'retryStep' || (await adopted(run))) return { type: answer.type };
  }
}

/** Whoever changed the service meanwhile has a newer epoch: a new lease has the newest. */
async function withNewerEpoch(run: Run): Promise<void> {
  const { problem, steps } = machineOf(run);
  if (problem?.kind !== 'Superseded') return;
  const action = steps.find(({ id }) => id === problem.step)?.action;
  if (action !== undefined && 'service' in action) await takeLease(run, action.service);
}

/** What could not be read cannot be adopted: it stays parked, and says so. */
async function adopted(run: Run): Promise<boolean> {
  try {
    await adoptWorld(run);
    return true;
  } catch (error) {
    const reason = failureOf(error)?.message;
    if (reason === undefined) throw error;
    run.people.refusal = { name: 'adopt', actor: null, reason, at: isoNow() };
    record(run, { type: 'finding', text: `adopt could not read the world: ${reason}` });
    return false;
  }
}

/** Takes the weights as they are now for what this operation left behind. */
async function adoptWorld(run: Run): Promise<void> {
  for (const service of Object.keys(planOf(run).before)) {
    const { value } = await call(
      run,
      'readTraffic',
      { service },
      {
        profile: 'look',
        step: run.progress.step ?? 'adopt',
        summary: `Adopt the traffic of ${service}`,
      },
    );
    recordWeights(run, service, value);
  }
}

/** Holds while the run is paused; answers the event of what was found bad meanwhile. */
export async function unpaused(run: Run): Promise<MachineEvent | undefined> {
  while (run.people.paused !== undefined) {
    const during = `${run.people.paused.by} paused it`;
    const bad = await watched(run, { at: 'pause', during, undoes: true }, async (isBad) => {
      setState(run, 'paused');
      await settleMessages(run);
      await writeRecord(run, 'Paused');
      const isOver = () => run.people.paused === undefined || isBad();
      await waiting(run, () => settledUntil(run, isOver));
      return true;
    });
    await settleMessages(run);
    if (bad !== undefined) {
      delete run.people.paused;
      return bad;
    }
    setState(run, 'running');
  }
  return undefined;
}

function open(run: Run, step: PlanStep): Gate {
  const policyName = step.gate ?? '';
  const policy = policyNamed(loadedOf(run).system, policyName);
  const gate = openGate({
    step: step.id,
    before: run.people.gates.filter((one) => one.id.split('#')[0] === step.id).length,
    policyName,
    policy,
    planDigest: planOf(run).digest,
    run: workflowInfo().firstExecutionRunId,
    opening: uuid4(),
    findings: findingsAt(run.progress.results, step.id),
    requester: run.request.requestedBy ?? null,
    now: Date.now(),
    ...(step.action.kind === 'opening' && { until: step.action.until }),
  });
  run.people.gates.push(gate);
  record(run, {
    type: 'gate',
    gate: gate.id,
    policy: policyName,
    digest: gate.digest,
    opening: gate.opening,
    need: gate.need,
    who: policy.from ?? [],
    expiresAt: new Date(gate.expiresAt).toISOString(),
  });
  const early = run.people.early.filter(({ message }) => message.gate === gate.id);
  run.people.early = run.people.early.filter(({ message }) => message.gate !== gate.id);
  for (const { name, message } of early) {
    const latest = run.people.gates.find((one) => one.id === gate.id) ?? gate;
    run.people.received.push({ name, at: isoNow(), ...ruleEarly(run, latest, name, message) });
  }
  return gate;
}

function pass(run: Run, gate: Gate, moment: Moment): void {
  if (moment.what === 'deadline') {
    run.people.gates = run.people.gates.map((one) =>
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
