// Ids of the steps of a runbook, and where the options of its questions lead.
import { consentOf } from '../../domain/steps/consent.ts';
import { didYouMean } from '../../domain/text/did-you-mean.ts';
import { HOTFIX_STEP } from '../../domain/text/names.ts';
import { listed } from '../reading/wording.ts';
import { remarksIn, type Remark } from '../remark.ts';
import type { Step } from './runbook-schema.ts';

export function idRemarks(steps: readonly Step[]): Remark[] {
  const ids = steps.flatMap((step, at) => [
    { id: step.id, path: ['steps', at, 'id'] },
    ...(step.approval === undefined
      ? []
      : [{ id: consentOf(step.id), path: ['steps', at, 'approval'] }]),
    ...(step.parallel ?? []).map(({ id }, index) => ({
      id,
      path: ['steps', at, 'parallel', index, 'id'],
    })),
  ]);
  return ids.flatMap(({ id, path }, at) => {
    if (id === HOTFIX_STEP) {
      return [{ path, message: `${id} is the gate of --hotfix; give the step another id` }];
    }
    return ids.findIndex((one) => one.id === id) < at
      ? [{ path, message: `the id ${id} is there twice; give each step its own` }]
      : [];
  });
}

/** Steps go from top to bottom: an option leads to later steps of its own, so that nothing goes round in a circle. */
export function choiceRemarks(steps: readonly Step[]): Remark[] {
  const asked = new Map<string, string>();
  return steps.flatMap(({ id: question, choose }, at) => {
    if (choose === undefined) return [];
    const options = Object.entries(choose.options);
    const named = new Set(options.flatMap(([, ids]) => ids));
    const goesOn = steps.slice(at + 1).some(({ id }) => !named.has(id));
    const path = ['steps', at, 'choose', 'options'];
    const remarks = remarksIn([
      [options.length < 2, path, 'a question has two options at least: `name: [ids of steps]`'],
      ...options.map(
        ([option, ids]) =>
          [
            ids.length === 0 && !goesOn,
            [...path, option],
            'the option leads nowhere: no step comes after it; name the steps that it leads to',
          ] as const,
      ),
    ]);
    const led = options.flatMap(([option, ids]) =>
      ids.flatMap((id, index) => {
        const message = wrongLead(steps, at, id) ?? twice(asked, question, id);
        return message === undefined ? [] : [{ path: [...path, option, index], message }];
      }),
    );
    return [...remarks, ...led];
  });
}

function wrongLead(steps: readonly Step[], at: number, id: string): string | undefined {
  const later = steps.slice(at + 1).map((step) => step.id);
  const to = steps.findIndex((step) => step.id === id);
  if (to < 0) {
    return `the option leads nowhere: there is no step ${id}${didYouMean(id, later)}; later steps: ${listed(later)}`;
  }
  if (to === at) return `the option leads back to its own question; name a later step`;
  return to < at
    ? `the option leads back to ${id}, in a circle; steps go from top to bottom: name a later one`
    : undefined;
}

/** A step behind two questions: nobody could say which of the answers counts. */
function twice(asked: Map<string, string>, question: string, id: string): string | undefined {
  const before = asked.get(id);
  asked.set(id, question);
  return before === undefined || before === question
    ? undefined
    : `${id} is an option of ${before} too; nothing would lead to it for sure: give each question steps of its own`;
}
