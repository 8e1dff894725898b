// What a person does in the place of the steps of a runbook of steps.
import type { Look, StepChange, StepCheck } from '../../config/steps/runbook-schema.ts';
import type { StepsAction } from '../steps/actions.ts';
import { line, person, type ByHand } from './by-hand.ts';

type WrittenRows = {
  [Kind in StepsAction['kind']]: (action: Extract<StepsAction, { kind: Kind }>) => ByHand;
};

export const WRITTEN_ROWS: WrittenRows = {
  look: ({ looks }) => ({ type: looks.map(({ look }) => asked(look)), see: [] }),
  do: ({ change, check }) => ({ type: [made(change)], see: check === null ? [] : [asked(check)] }),
  manual: ({ text }) => person(text),
  choose: ({ question, options }) =>
    person(
      question,
      ...Object.entries(options).map(([option, ids]) => `${option}: ${ids.join(', ')}`),
    ),
  operation: ({ summary }) =>
    person(`Carry this out by hand too, as its own page says: ${summary}.`),
  work: ({ runbook }) => person(`Carry out the runbook ${runbook} by hand, as its own page says.`),
  pause: ({ ms }) => ({ type: [line('sleep', String(ms / 1000))], see: [] }),
  await: ({ check }) => ({ type: [], see: [asked(check)] }),
  tell: ({ channel, text }) => person(`Tell ${channel}: ${text}`),
  consent: ({ before }) => person(`Ask those who approve before ${before}.`),
};

function asked({ command, http, service, query, logs }: Look | (StepCheck & { logs?: never })) {
  if (command !== undefined) return line(...command);
  if (http !== undefined)
    return service === undefined ? line('curl', '-fsS', http) : onService(http, service);
  if (query !== undefined) return `# ask ${query.datastore}: ${query.sql}`;
  return `# look at the logs of ${logs?.service ?? 'it'}`;
}

function made({ command, http, query }: StepChange): string {
  if (command !== undefined) return line(...command);
  if (http !== undefined) return line('curl', '-fsS', '-X', http.method, http.url);
  return query === undefined ? '' : `# on ${query.datastore}: ${query.sql}`;
}

function onService(path: string, service: string): string {
  return `# GET ${path} of ${service}`;
}
