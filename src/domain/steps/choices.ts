// What is passed over where a runbook of steps takes another way. Pure.
import type { PlanStep } from '../operation/plan.ts';

/** Ids of steps that only an answer to these questions leads to, and to the questions among them. */
export function behind(steps: readonly PlanStep[], ids: readonly string[]): string[] {
  const found = new Set<string>();
  const add = (id: string): void => {
    if (found.has(id)) return;
    found.add(id);
    const step = steps.find((one) => one.id === id);
    if (step?.action.kind === 'choose') Object.values(step.action.options).flat().forEach(add);
  };
  ids.forEach(add);
  return [...found];
}

/** What is passed over when this option of a question is chosen. */
export function notChosen(
  steps: readonly PlanStep[],
  options: Readonly<Record<string, readonly string[]>>,
  option: string,
): string[] {
  const chosen = new Set(options[option] ?? []);
  const others = Object.values(options)
    .flat()
    .filter((id) => !chosen.has(id));
  return behind(steps, others);
}
