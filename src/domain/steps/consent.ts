// The step that asks people before another step of a runbook. Pure.

/** Its id, which is that of the gate too. */
export function consentOf(step: string): string {
  return `${step}-approval`;
}
