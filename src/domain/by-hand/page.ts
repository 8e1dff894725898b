// A plan as a page of commands for bash, step by step, for the day on which Fairlead itself is not there.
import { linesIn } from '../text/text-lines.ts';
import type { Plan } from '../operation/plan.ts';
import { notChosen } from '../steps/choices.ts';
import { byHand, type HandContext } from './step-commands.ts';

/** The whole page; `shop` is written `# 3 fence-orders: Keep everybody out ...`, then what to type, then how to see it. */
export function handPage(plan: Plan, context: HandContext): string {
  // Of several backups that are tried one after the other, the first: the others take a page of their own.
  const others = new Set(ofOthers(plan));
  const own = plan.steps.filter(
    ({ id, candidate }) => (candidate?.number ?? 1) === 1 && !others.has(id),
  );
  const steps = own.flatMap((step, index) => {
    const { type, see } = byHand(step, context);
    return [
      '',
      `# ${index + 1} ${step.id}: ${oneLine(step.title)}`,
      ...type,
      ...(see.length === 0 ? [] : ['# done when this succeeds:', ...see]),
    ];
  });
  return [...headOf(plan, own.length), ...steps, ''].join('\n');
}

/** Where a recovery asks which of several backups is restored: the steps of all but the first. */
function ofOthers({ steps, runbook }: Plan): string[] {
  if (runbook !== undefined) return [];
  return steps.flatMap(({ action }) => {
    if (action.kind !== 'choose') return [];
    const [first = ''] = Object.keys(action.options);
    return notChosen(steps, action.options, first);
  });
}

function headOf({ operation, system, candidates, nothingToDo }: Plan, count: number): string[] {
  const others = (candidates ?? []).map(({ id }) => id);
  return [
    `# ${operation} by hand, for bash: ${count} steps`,
    '# For the day on which Fairlead is not there. While it runs, let it do this: it keeps others out and a record, and two',
    `# who change ${system} at once harm it. Type one step after the other, and go on only when it is done.`,
    '# Passwords and keys are named by where they are, as the system file says; nothing here is secret.',
    ...(others.length === 0
      ? []
      : [
          `# Where the backup turns out to be bad, print the page for another (--backup): ${others.join(', ')}`,
        ]),
    ...(nothingToDo === undefined ? [] : [`# nothing to do: ${oneLine(nothingToDo)}`]),
    'set -uo pipefail',
  ];
}

function oneLine(text: string): string {
  return linesIn(text).join(' ');
}
