// What a well-formed message means for a run as it stands: carried out, or refused with a sentence. Synchronous.
import {
  approveGate,
  isPast,
  rejectGate,
  tooLate,
  type Gate,
  type Reply,
} from '../../domain/people/gate.ts';
import { handOver, take, type HandOverReply } from '../../domain/people/hand-over.ts';
import { example, type Message } from '../../domain/people/message.ts';
import { keyOf } from '../../domain/people/signed-vote.ts';
import { fullStepAhead, gateAhead } from '../../domain/operation/read-machine.ts';
import { samePerson } from '../../domain/text/names.ts';
import type { MessageName } from '../messages.ts';
import { answersOf } from './page.ts';
import { answerStep } from '../asking/answer-step.ts';
import { now, openGateOf, replaceGate, type Received, type Basis, type Run } from './run.ts';

/** What became of a message. */
export type Ruling = Omit<Received, 'name' | 'at'>;

const MOST_EARLY = 20;

export function handleMessage(run: Run, name: MessageName, message: Message): Ruling {
  if (run.progress.outcome !== undefined)
    return refused(message, `${run.operation} is over: ${run.progress.outcome}`);
  switch (name) {
    case 'approve':
    case 'reject':
      return answerGate(run, name, message);
    case 'promote':
      return promote(run, message);
    case 'pause':
      return pause(run, message);
    case 'resume':
      if (run.people.paused === undefined)
        return refused(message, `${run.operation} is not paused`);
      delete run.people.paused;
      return { ...accepted(message, 'goes on'), decides: 'pause' };
    case 'retryStep':
    case 'skipStep':
    case 'adopt':
      return answerParked(run, name, message);
    case 'abort':
      return abort(run, message);
    case 'handOver':
      return handedOver(run, message, handOver(run.people.handOver, message, now()));
    case 'take':
      return handedOver(run, message, take(run.people.handOver, message, now()));
    case 'tick':
    case 'choose':
      return answerStep(run, name, message);
  }
}

export function preemptedBy(run: Run, message: Message): Ruling {
  const by = message.actor;
  if (by === undefined) return refused(message, 'preempt is for operations; people send abort');
  run.people.mustGiveWay = true;
  if (run.progress.outcome !== undefined) return refused(message, `${run.operation} is over`);
  run.people.interrupt = { type: 'preempted', by };
  run.progress.scope?.cancel();
  return accepted(message, `makes way for ${by}`);
}

/** Answers a gate that is open now; also used for what came before the gate opened. */
export function rule(run: Run, gate: Gate, name: 'approve' | 'reject', message: Message): Ruling {
  const reply = name === 'approve' ? approveGate(gate, message) : rejectGate(gate, message);
  replaceGate(run.people, reply.gate);
  const { decided } = reply.gate;
  const decides = reply.decision?.final === true && decided?.decision !== 'rejected';
  const ruled = ruling(message, reply.accepted, reply.note);
  return { ...ruled, ...decisionOf(reply, run.basis), ...(decides && { decides: 'gate' }) };
}

/** Answers with what came before the gate: it counts for the run that it names, which after a Reset is another one. */
export function ruleEarly(
  run: Run,
  gate: Gate,
  name: 'approve' | 'reject',
  message: Message,
): Ruling {
  return ofOtherRun(run, gate, message) ?? rule(run, gate, name, message);
}

/** Refuses an answer that names another run than the one that opened the gate, as far as its activities tell. */
function ofOtherRun({ record }: Run, gate: Gate, message: Message): Ruling | undefined {
  if (message.run === undefined || message.run === record.runId) return undefined;
  return refused(
    message,
    `it is for the run ${message.run}, and ${gate.id} was opened by ${record.runId ?? 'another one'}: look at status, and answer the gate that is open`,
  );
}

function answerGate(run: Run, name: 'approve' | 'reject', message: Message): Ruling {
  const gate = gateMeant(run, message);
  if (gate?.decided === undefined && isEnding(run)) return refused(message, endingOf(run));
  if (gate !== undefined && isPast(gate, Date.now())) return refused(message, tooLate(gate));
  if (gate !== undefined) return ofOtherRun(run, gate, message) ?? rule(run, gate, name, message);
  if (message.gate === undefined) {
    return refused(message, `${run.operation} has no gate open now${gatesOf(run.basis)}`);
  }
  return keepEarly(run, name, message);
}

function endingOf({ operation, progress: { machine } }: Run): string {
  const because = machine?.ending === undefined ? '' : `: ${machine.ending.message}`;
  return `${operation} is ending and waits for no answer any more${because}`;
}

function gatesOf({ plan }: Basis): string {
  const gates = plan?.steps.filter((step) => step.gate !== undefined).map((step) => step.id) ?? [];
  return gates.length === 0 ? '' : `; its gates are ${gates.join(', ')}`;
}

function keepEarly(run: Run, name: 'approve' | 'reject', message: Message): Ruling {
  const gate = message.gate ?? 'it';
  if (message.digest !== undefined) {
    const why = 'a digest covers what is measured until then, so none fits: it is of another run';
    return refused(message, `${gate} is not open, and ${why}, or of an earlier opening`);
  }
  if (message.run === undefined || message.actor === undefined) {
    return refused(
      message,
      `${gate} is not open; an early answer counts only with an actor and the run that it is for ("run", as status shows it)`,
    );
  }
  if (run.people.early.length >= MOST_EARLY) return refused(message, 'too many early answers');
  run.people.early.push({ name, message });
  return accepted(message, `kept until ${gate} opens: it counts if this run opens it`);
}

/** Interrupted, or on its way back. */
function isEnding(run: Run): boolean {
  const phase = run.progress.machine?.phase;
  return run.people.interrupt !== undefined || phase === 'undoing' || phase === 'ended';
}

/** The gate that a message names, or the open one. */
export function gateMeant(run: Run, { gate: id }: Message): Gate | undefined {
  if (id === undefined) return openGateOf(run.people);
  return run.people.gates.findLast((gate) => gate.id === id || gate.id.split('#')[0] === id);
}

function promote(run: Run, message: Message): Ruling {
  const by = message.actor;
  if (by === undefined) return refused(message, needsActor('promote'));
  const service = run.basis.loaded?.system.services[run.request.service ?? ''];
  if (service?.rollout.earlyPromotion !== true) {
    return refused(message, 'the system file does not allow it: rollout.earlyPromotion is false');
  }
  if (run.progress.bake === undefined) return refused(message, 'no bake is going on now');
  const full = message.full === true;
  const not = full ? notStraightTo100(run, by) : undefined;
  if (not !== undefined) return refused(message, not);
  run.people.promotion = { full, by };
  run.progress.bake.cancel();
  return accepted(message, full ? 'goes straight to 100' : 'ends the present bake');
}

function notStraightTo100({ request, progress: { machine } }: Run, by: string): string | undefined {
  if (samePerson(request.requestedBy ?? null, by)) {
    return `${by} requested this and cannot take it straight to 100`;
  }
  if (machine === undefined) return undefined;
  if (fullStepAhead(machine) === undefined) {
    return 'all users are on it already, or nothing is left that would send them: promote without full ends the present bake';
  }
  const gate = gateAhead(machine);
  return gate && `${gate} has to be approved first: no promotion goes past a gate`;
}

function pause(run: Run, message: Message): Ruling {
  if (run.people.paused !== undefined)
    return refused(message, `paused already by ${run.people.paused.by}`);
  if (run.progress.state === 'undoing') return refused(message, 'an undo is not paused');
  run.people.paused = { by: message.actor ?? 'somebody' };
  run.progress.bake?.cancel();
  return accepted(message, 'holds before the next step; a bake goes on where it was');
}

function answerParked(
  run: Run,
  type: 'retryStep' | 'skipStep' | 'adopt',
  message: Message,
): Ruling {
  const problem = run.progress.machine?.problem;
  if (run.progress.state !== 'parked' || problem === undefined || run.people.answer !== undefined) {
    return refused(message, `${run.operation} is not parked`);
  }
  const not = unfitAnswer(run, type, message, problem.step);
  if (not !== undefined) return refused(message, not);
  run.people.answer = { type, by: message.actor ?? 'somebody' };
  return { ...accepted(message, `${type} of ${problem.step}`), decides: 'park' };
}

function unfitAnswer(
  run: Run,
  type: 'retryStep' | 'skipStep' | 'adopt',
  message: Message,
  step: string,
): string | undefined {
  if (message.step !== undefined && message.step !== step) {
    return `${run.operation} is parked at ${step}, not at ${message.step}`;
  }
  const allowed = answersOf(run);
  if (!allowed.includes(type)) {
    return `${step} cannot be answered by ${type}; send ${allowed.join(', ')}`;
  }
  return type === 'skipStep' && message.actor === undefined ? needsActor('skipStep') : undefined;
}

function abort(run: Run, message: Message): Ruling {
  if (run.progress.state === 'undoing')
    return refused(message, `${run.operation} is being undone already`);
  if (run.people.interrupt !== undefined)
    return refused(message, `${run.operation} is ending already`);
  const keep = message.keep === true;
  run.people.interrupt = { type: 'abort', keep, by: message.actor ?? 'somebody' };
  run.progress.scope?.cancel();
  return accepted(message, keep ? 'stops and leaves everything as it is' : 'stops and undoes');
}

/** Whoever looks after it is a person's affair: nothing that goes on depends on it. */
function handedOver(run: Run, message: Message, reply: HandOverReply): Ruling {
  if (reply.handOver !== undefined) run.people.handOver = reply.handOver;
  return ruling(message, reply.accepted, reply.note);
}

function decisionOf({ decision, gate }: Reply, { loaded }: Basis): Pick<Ruling, 'decision'> {
  if (decision === undefined) return {};
  const { actor, signature } = decision;
  const key = keyOf(loaded?.system.keys, actor);
  return {
    decision: {
      gate: gate.id,
      decision: decision.decision,
      actor,
      trust: signature === undefined ? 'claimed' : 'signed',
      ...(signature !== undefined && key !== undefined && { signature, key }),
      digest: gate.digest,
      final: decision.final,
    },
  };
}

function needsActor(name: string): string {
  return `${name} needs an actor: say who you are, for example ${example(name)}`;
}

function accepted(message: Message, note: string): Ruling {
  return ruling(message, true, note);
}

function refused(message: Message, note: string): Ruling {
  return ruling(message, false, note);
}

function ruling(message: Message, isAccepted: boolean, note: string): Ruling {
  const reason = message.reason ?? message.breakGlass ?? message.note ?? null;
  return { accepted: isAccepted, actor: message.actor ?? null, note, reason };
}
