// Whether a runbook of steps may be started by an alert: it looks before it does anything, and a person is asked before it changes
// something. Pure.
import type { Step, StepsRunbook } from '../../config/steps/runbook-schema.ts';

/** Why an alert does not start the runbook, as the end of a sentence about it; undefined where it does. */
export function whyNotStarted({ steps, inputs }: StepsRunbook): string | undefined {
  const missing = Object.entries(inputs).filter(([, { default: value }]) => value === undefined);
  if (missing.length > 0) {
    return `has to be given ${missing.map(([name]) => name).join(', ')}, and an alert gives nothing`;
  }
  const [first] = steps;
  if (!isLook(first))
    return `does not begin with a look (its first step is ${first?.id ?? 'none'})`;
  const changed = steps.findIndex(changes);
  if (changed < 0 || steps.slice(0, changed + 1).some(asksFirst)) return undefined;
  return `would change something at ${steps[changed]?.id ?? ''} before a person is asked`;
}

function isLook(step: Step | undefined): boolean {
  return step?.look !== undefined || step?.parallel !== undefined;
}

/** A person says how it goes on before the step is done, or does it. */
function asksFirst({ approval, choose, manual }: Step): boolean {
  return approval !== undefined || choose !== undefined || manual !== undefined;
}

function changes(step: Step): boolean {
  return step.do !== undefined || step.operation !== undefined;
}
