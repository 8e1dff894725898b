// How bad an incident is. P0: an outage, or data are lost. P1: many users are hurt. P2: some are, a little. P3: none is.

export const SEVERITIES = ['P0', 'P1', 'P2', 'P3'] as const;
export type Severity = (typeof SEVERITIES)[number];

export function severityIn(value: unknown): Severity | undefined {
  return SEVERITIES.find((one) => one === value);
}
