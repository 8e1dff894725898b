// What `fairlead init` says when it has written a system file: what stands in it, what is doubtful, what to type next.
import { checkSystem, warningsOf } from '../../config/load.ts';
import { mistakeLine } from '../../config/reading/mistake.ts';
import { printJson, printText } from '../output/print.ts';
import type { Guess } from './guess.ts';
import { EXAMPLE_RUNBOOK } from './runbook-yaml.ts';
import type { Wanted } from './system-yaml.ts';

export interface Written {
  wanted: Wanted;
  guess: Guess;
  systems: string;
  file: string;
  example: string[];
  json: boolean;
}

/** Says what was written, what is doubtful about it, and what to type from here. */
export async function sayWritten({
  systems,
  file,
  wanted,
  guess,
  example,
  json,
}: Written): Promise<void> {
  const { system, service, port } = wanted;
  const mistakes = (await checkSystem(systems, system)).map(mistakeLine);
  const warnings = await warningsOf(systems, system, process.env);
  const doubts = [
    ...mistakes,
    ...warnings.map((one) => `warning: ${mistakeLine(one)}`),
    ...portDoubt(guess),
  ];
  const [first = 'v1', next = 'v2'] = example.length > 0 ? example : guess.versions;
  const todo = steps(systems, wanted, first, next);
  if (json) {
    printJson({
      schema: 'fairlead/init/v1',
      file,
      system,
      service,
      port,
      warnings: doubts,
      next: todo,
    });
    return;
  }
  const runs = wanted.command.join(' ');
  const made =
    example.length === 0
      ? []
      : [`No program was found: ${example.join(' and ')} are an example to try it with.`];
  printText(
    [
      `${file} is written: ${service} runs "${runs}", users come to http://127.0.0.1:${port}.`,
      ...made,
      ...doubts,
      'Next:',
      ...todo.map((line) => `  ${line}`),
    ].join('\n'),
  );
}

function portDoubt({ readsPort, command = [] }: Guess): string[] {
  if (readsPort !== false) return [];
  return [
    `warning: ${command.at(-1) ?? 'the program'} does not mention PORT: it has to listen on the HOST and PORT of its environment (docs/system-file.md)`,
  ];
}

/** What to type from here to the first canary. */
function steps(
  systems: string,
  { system, service, port, asks, data }: Wanted,
  first: string,
  next: string,
): string[] {
  const folder = systems === 'systems' ? '' : ` --systems ${systems}`;
  const target = `${system}/${service}`;
  return [
    `npx fairlead up${folder}`,
    '# and in another terminal:',
    `npx fairlead deploy ${target} ${first}`,
    // Not the health path: a version that fails at everything else would be judged by the one page that it answers.
    '# users, to judge by: ask for a page that yours ask for; kill $(jobs -p) ends them',
    `for n in 1 2 3 4; do while sleep 0.02; do curl -s -o /dev/null http://127.0.0.1:${port}/; done & done`,
    `npx fairlead deploy ${target} ${next}`,
    ...(asks
      ? [
          '# in a third terminal, for deploy waits for it; by another name than who asked:',
          `npx fairlead approve deploy/${target}/${next} --as ana`,
        ]
      : []),
    '# a runbook of steps, an example to change:',
    `npx fairlead run ${system}/${EXAMPLE_RUNBOOK}`,
    ...(data === undefined
      ? []
      : [`npx fairlead backup ${system} && npx fairlead drill ${system}`]),
  ];
}
