// What a person does in the place of the steps of a runbook of steps.
import type { Look, StepChange, StepCheck } from '../../config/steps/runbook-schema.ts';
import type { StepsAction } from '../steps/actions.ts';
import type { LoadedSystem } from '../loaded-system.ts';
import { commandText } from '../text/command-text.ts';
import { inFolder, line, person, type ByHand } from './by-hand.ts';

type WrittenRows = {
  [Kind in StepsAction['kind']]: (
    action: Extract<StepsAction, { kind: Kind }>,
    context: { loaded: LoadedSystem },
  ) => ByHand;
};

export const WRITTEN_ROWS: WrittenRows = {
  look: ({ looks }, { loaded }) => ({
    type: looks.map(({ look }) => asked(look, loaded)),
    see: [],
  }),
  do: ({ change, check }, { loaded }) => ({
    type: [made(change, loaded)],
    see: check === null ? [] : [asked(check, loaded)],
  }),
  manual: ({ text }) => person(text),
  choose: ({ question, options }) =>
    person(
      question,
      ...Object.entries(options).map(([option, ids]) => `${option}: ${ids.join(', ')}`),
    ),
  operation: ({ summary, runbook, asked: fields }, { loaded }) =>
    person(
      `Carry this out by hand too: ${summary}. Its page, printed beside this one, is that of ${runbook} of ${loaded.name}${Object.entries(
        fields,
      )
        .map(([name, value]) => `, ${name} ${String(value)}`)
        .join('')} (--dry-run --format commands).`,
    ),
  work: ({ runbook }, { loaded }) =>
    person(
      `Carry out the runbook ${runbook} by hand. Its page, printed beside this one: ${commandText('run', `${loaded.name}/${runbook}`, '--dry-run', '--format', 'commands')}`,
    ),
  pause: ({ ms }) => ({ type: [line('sleep', String(ms / 1000))], see: [] }),
  await: ({ check }, { loaded }) => ({ type: [], see: [asked(check, loaded)] }),
  tell: ({ channel, text }) => person(`Tell ${channel}: ${text}`),
  consent: ({ before }) => person(`Ask those who approve before ${before}.`),
};

function asked(
  {
    command,
    http,
    service,
    query,
    logs,
    files,
  }: Look | (StepCheck & { logs?: never; files?: never }),
  loaded: LoadedSystem,
) {
  if (command !== undefined) return inFolder(loaded, command);
  if (http !== undefined)
    return service === undefined ? line('curl', '-fsS', http) : onService(http, service);
  if (query !== undefined) return `# ask ${query.datastore}: ${query.sql}`;
  if (files !== undefined)
    return inFolder(loaded, ['find', files, '-type', 'f', '-exec', 'sha256sum', '{}', '+']);
  return `# look at the logs of ${logs?.service ?? 'it'}`;
}

function made({ command, http, query }: StepChange, loaded: LoadedSystem): string {
  if (command !== undefined) return inFolder(loaded, command);
  if (http !== undefined) return line('curl', '-fsS', '-X', http.method, http.url);
  return query === undefined ? '' : `# on ${query.datastore}: ${query.sql}`;
}

function onService(path: string, service: string): string {
  return `# GET ${path} of ${service}`;
}
