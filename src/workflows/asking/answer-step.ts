// `tick` and `choose`: the answers to what a step of a runbook of steps asks a person for. Synchronous.
import { example, type Message } from '../../domain/people/message.ts';
import { didYouMean } from '../../domain/text/did-you-mean.ts';
import type { AskedPerson, Received, Run } from '../steps/run.ts';

type Name = 'tick' | 'choose';

/** Carried out, or refused with a sentence that says what is asked instead. */
export function answerStep(run: Run, name: Name, message: Message): Omit<Received, 'name' | 'at'> {
  const { actor, option } = message;
  const ruling = (accepted: boolean, note: string) => ({
    ...{ accepted, actor: actor ?? null, note },
    reason: message.reason ?? message.note ?? null,
  });
  const { asked } = run.people;
  const not = unfit(run, name, message);
  if (not !== undefined || asked === undefined || actor === undefined) {
    return ruling(false, not ?? `${run.operation} asks nobody for anything now`);
  }
  asked.answer = { by: actor, ...(option !== undefined && { option }) };
  return ruling(true, name === 'tick' ? `${asked.step} is done` : `goes on with ${option ?? ''}`);
}

/** Why a message does not fit what is asked; undefined where it does. */
function unfit(run: Run, name: Name, message: Message): string | undefined {
  const { asked } = run.people;
  if (message.actor === undefined) {
    return `${name} needs an actor: say who you are, for example ${example(name, exampleFor(asked))}`;
  }
  const step = message.step ?? asked?.step;
  if (asked === undefined || step !== asked.step) return notAsked(run, step);
  if (asked.kind !== name) return `${asked.step} asks for ${asked.kind}, and not for ${name}`;
  if (asked.answer !== undefined) return `${asked.step} was answered by ${asked.answer.by} already`;
  return name === 'choose' ? unknownOption(asked, message.option) : undefined;
}

function exampleFor(asked: AskedPerson | undefined): Message {
  if (asked === undefined) return {};
  const [option] = asked.options ?? [];
  return { step: asked.step, ...(option !== undefined && { option }) };
}

function unknownOption({ step, options = [] }: AskedPerson, option = ''): string | undefined {
  if (options.includes(option)) return undefined;
  const said =
    option === '' ? 'it needs one' : `there is no ${option}${didYouMean(option, options)}`;
  return `${said} of the options of ${step}: ${options.join(', ')}`;
}

/** A step that is over, that is to come, that there is not, or none at all. */
function notAsked(run: Run, step: string | undefined): string {
  const { asked } = run.people;
  const now =
    asked === undefined
      ? `${run.operation} asks nobody for anything now`
      : `${run.operation} waits for ${asked.kind} of ${asked.step}`;
  if (step === undefined) return now;
  const last = run.record.entries.findLast((one) => one.type === 'step' && one.id === step);
  if (last?.type === 'step' && last.status !== 'started') {
    const detail = last.detail === undefined ? '' : ` (${last.detail})`;
    return `${step} is over: ${last.status}${detail}; ${now}`;
  }
  const steps = run.basis.plan?.steps.map(({ id }) => id) ?? [];
  if (steps.includes(step)) return `${step} is not reached; ${now}`;
  return `there is no step ${step}${didYouMean(step, steps)}; ${now}`;
}
