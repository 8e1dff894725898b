// Messages to a running operation: each is an update and a signal of the same name. Handlers decide at once, change what the
// main course waits for, and leave a record that the main course writes; only the answer to what decides waits for the last
// verdict of the gate watch.
import { ApplicationFailure } from '@temporalio/common';
import {
  CancellationScope,
  defineQuery,
  defineSignal,
  defineUpdate,
  setDefaultQueryHandler,
  setDefaultSignalHandler,
  setDefaultUpdateHandler,
  setHandler,
} from '@temporalio/workflow';
import { describeValue } from '../../domain/text/describe-value.ts';
import { Failure } from '../../domain/failure.ts';
import { example, parseMessage, type Message } from '../../domain/people/message.ts';
import { reportAnswer } from '../../domain/record/report-answer.ts';
import { MESSAGES, PREEMPT, QUERIES, type MessageAnswer, type MessageName } from '../messages.ts';
import { gateToProve, problemOfVote } from '../asking/prove-vote.ts';
import { endingFailure } from './ending-failure.ts';
import { withLastWord } from './gate-watch.ts';
import { handleMessage, preemptedBy, type Ruling } from './handle-message.ts';
import { holdsBack } from './late-answers.ts';
import { showPage, statusOf } from './page.ts';
import { answerReservedNames } from './reserved-names.ts';
import { MOST_RECORDS, now, reportOf, type Run } from './run.ts';

const DESCRIPTIONS: Record<MessageName, string> = {
  approve: `Approve the open gate (its JSON: tab User Metadata): ${example('approve', { gate: 'weight-25' })}`,
  reject: `Reject the open gate; everything is undone: ${example('reject', { reason: 'why not' })}`,
  promote: `End the present bake, or go straight to 100: ${example('promote', { full: true })}`,
  pause: `Hold before the next step: ${example('pause')}`,
  resume: `Go on after a pause: ${example('resume')}`,
  retryStep: `Do the parked step again: ${example('retryStep')}`,
  skipStep: `Go on without the parked check: ${example('skipStep')}`,
  adopt: `Take the world as it is now and go on: ${example('adopt')}`,
  tick: `What a step asked a person to do is done: ${example('tick', { step: 'told' })}`,
  choose: `Answer the question of a step: ${example('choose', { step: 'way', option: 'deploy' })}`,
  abort: `Stop and undo; with keep, leave everything as it is: ${example('abort', { keep: false })}`,
  handOver: `Hand the operation over; the other one takes it: ${example('handOver', { to: 'other-name' })}`,
  take: `Take what was handed over to you: ${example('take')}`,
};

const LONGEST_NAME = 80;
/** The server takes 2,000 updates of a run, and none after that: one that a validator refuses is not counted. */
const MOST_REFUSALS = 500;

/** Sets every handler; must be called before the first `await`. */
export function listen(run: Run): void {
  for (const name of MESSAGES) {
    const description = DESCRIPTIONS[name];
    setHandler(
      defineSignal<[unknown]>(name),
      (raw) => {
        if (holdsBack(run, name, wellFormed(name, raw))) return undefined;
        const ruling = received(run, name, raw);
        return ruling instanceof Promise ? ruling.then(() => undefined) : undefined;
      },
      {
        description,
      },
    );
    setHandler(
      defineUpdate<MessageAnswer, [unknown]>(name),
      (raw) => answer(run, received(run, name, raw)),
      {
        description,
        validator: (raw) => {
          validate(run, name, raw);
        },
      },
    );
  }
  setHandler(defineSignal<[unknown]>(PREEMPT), (raw) => {
    const message = wellFormed(PREEMPT, raw);
    note(
      run,
      PREEMPT,
      message === undefined ? unreadable(PREEMPT, raw) : preemptedBy(run, message),
    );
  });
  setHandler(defineQuery('status'), () => statusOf(run), { description: 'Where the operation is' });
  setHandler(defineQuery('plan'), () => run.basis.plan ?? null, { description: 'What it does' });
  setHandler(defineQuery('report'), () => reportAnswer(reportOf(run)), {
    description: 'Its record so far',
  });
  listenToTheRest(run);
  showPage(run);
}

function listenToTheRest(run: Run): void {
  const unknown = (name: string): Ruling => ({
    accepted: false,
    actor: null,
    reason: null,
    note: `there is no message ${describeValue(name)}; there are ${MESSAGES.join(', ')}`,
    quotes: true,
  });
  const onSignal = (name: string): void => {
    note(run, name, unknown(name));
  };
  const onUpdate = (name: string): never => {
    const ruling = unknown(name);
    note(run, name, ruling);
    throw refusal(ruling.note);
  };
  setDefaultSignalHandler(onSignal);
  setDefaultUpdateHandler(onUpdate);
  answerReservedNames(onSignal, onUpdate);
  setDefaultQueryHandler(
    (name) => `there is no query ${describeValue(name)}; there are ${QUERIES.join(', ')}`,
  );
}

/** At once; but for what is signed, whose signature an activity checks first. */
function received(run: Run, name: MessageName, raw: unknown): Ruling | Promise<Ruling> {
  const message = wellFormed(name, raw);
  if (message === undefined) return noted(run, name, unreadable(name, raw));
  const gate = gateToProve(run, name, message);
  if (gate === undefined) return noted(run, name, handleMessage(run, name, message));
  return problemOfVote(run, gate, name, message).then((problem) => {
    const ruling = handleMessage(run, name, {
      ...message,
      ...(problem === undefined && { proved: true }),
    });
    return noted(
      run,
      name,
      problem === undefined || ruling.accepted ? ruling : { ...ruling, note: problem },
    );
  });
}

function noted(run: Run, name: MessageName, ruling: Ruling): Ruling {
  note(run, name, ruling);
  return ruling;
}

async function answer(run: Run, received: Ruling | Promise<Ruling>): Promise<MessageAnswer> {
  const ruling = received instanceof Promise ? await received : received;
  if (!ruling.accepted) throw refusal(ruling.note);
  return { accepted: true, operation: run.operation, note: await withLastWord(run, ruling) };
}

/** Keeps a record of a message for the main course to write; from the hundredth on only of decisions. */
function note(run: Run, name: string, ruling: Ruling): void {
  run.people.receivedCount += 1;
  // What was refused before is over: somebody has been heard since.
  if (ruling.accepted) delete run.people.refusal;
  else {
    const reason = ruling.quotes === true ? 'it could not be read' : ruling.note;
    const known = MESSAGES.find((one) => one === name) ?? 'a message';
    run.people.refusedCount += 1;
    run.people.refusal = { name: known, actor: ruling.actor, reason, at: now() };
  }
  if (run.people.receivedCount <= MOST_RECORDS || ruling.decision !== undefined) {
    const short = name.length > LONGEST_NAME ? `a name of ${name.length} characters` : name;
    run.people.received.push({ name: short, at: now(), ...ruling });
  }
}

/** Throws for what is malformed; once many were refused, also for what would be, before it is in the history. */
function validate(run: Run, name: MessageName, raw: unknown): void {
  const message = wellFormed(name, raw);
  if (message === undefined) {
    throw ApplicationFailure.nonRetryable(malformed(name, raw), 'BadInput');
  }
  if (run.people.refusedCount < MOST_REFUSALS) return;
  const ruling = handleMessage(tried(run), name, message);
  if (!ruling.accepted) throw ApplicationFailure.nonRetryable(ruling.note, 'Refused');
}

/** A copy of a run as far as a message changes it, to see what it would come to. */
function tried(run: Run): Run {
  const { asked } = run.people;
  const { scope: _, bake, ...progress } = run.progress;
  return {
    ...run,
    people: {
      ...run.people,
      early: [...run.people.early],
      ...(asked !== undefined && { asked: { ...asked } }),
    },
    progress: { ...progress, ...(bake !== undefined && { bake: new CancellationScope() }) },
  };
}

function wellFormed(name: string, raw: unknown): Message | undefined {
  try {
    return parseMessage(name, raw);
  } catch {
    return undefined;
  }
}

function unreadable(name: string, raw: unknown): Ruling {
  const note = malformed(name, raw);
  return { accepted: false, actor: null, reason: null, note, quotes: true };
}

function malformed(name: string, raw: unknown): string {
  try {
    parseMessage(name, raw);
    return '';
  } catch (error) {
    return sentence(error);
  }
}

function sentence(error: unknown): string {
  return error instanceof Failure ? error.message : 'the message could not be read';
}

function refusal(text: string): Error {
  return endingFailure('Refused', text);
}
