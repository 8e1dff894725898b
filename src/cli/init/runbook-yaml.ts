// The text of the runbook of steps that `fairlead init` writes: it looks, asks, and changes nothing.
import type { Wanted } from './system-yaml.ts';

/** The name of the example runbook. */
export const EXAMPLE_RUNBOOK = 'first-look';

export function runbookYaml({ system, service, health }: Wanted): string {
  return `# yaml-language-server: $schema=../../runbook.schema.json
# fairlead run ${system}/${EXAMPLE_RUNBOOK}
# A runbook of steps: docs/runbooks-of-steps.md. "fairlead check ${system}" names mistakes.
title: A first look at ${service} when somebody says that it is slow or wrong
steps:
  # Looks bring something into the record and change nothing.
  - id: look
    parallel:
      - { id: health, look: { http: '${health.replaceAll("'", "''")}', service: ${service} } }
      - { id: disk, look: { command: [df, -h, .] } }
  - { id: logs, look: { logs: { service: ${service}, lines: 50 } } }
  # A person says which way: fairlead choose run/${system}/${EXAMPLE_RUNBOOK} way fine
  - id: way
    choose:
      question: What is it?
      options: { wrong: [back], fine: [told] }
  # And does and ticks: fairlead tick run/${system}/${EXAMPLE_RUNBOOK} told --note "in #ops"
  - { id: back, manual: 'Type: fairlead rollback ${system}/${service}' }
  - { id: told, manual: 'Tell the ops channel what you saw' }
`;
}
