// How the demo tells what happens: headings, and a line with its time for each thing.
import { bar, spanBetween } from '../src/domain/text/markdown.ts';
import type { OperationStatus } from '../src/domain/operation/status.ts';
import { titleOf } from '../src/domain/operation/step-title.ts';
import { clean } from '../src/cli/output/print.ts';

export interface Story {
  heading(text: string): void;
  /** Something that happened now. */
  tell(text: string): void;
  /** Lines without a time. */
  print(lines: readonly string[]): void;
  elapsedMs(): number;
}

export function createStory(stream: NodeJS.WriteStream): Story {
  const begun = performance.now();
  const styled = stream.isTTY && (process.env['NO_COLOR'] ?? '') === '';
  const write = (text: string): void => void stream.write(`${text}\n`);
  const elapsedMs = (): number => performance.now() - begun;
  return {
    heading(text) {
      write(styled ? `\n\x1b[1m${clean(text)}\x1b[0m` : `\n${clean(text)}`);
    },
    tell(text) {
      const time = `${(elapsedMs() / 1000).toFixed(1).padStart(6)} s`;
      write(`${styled ? `\x1b[2m${time}\x1b[0m` : time}  ${clean(text).replaceAll('\n', ' ')}`);
    },
    print(lines) {
      for (const line of lines) write(clean(line));
    },
    elapsedMs,
  };
}

/** What is worth a line when `next` follows `before`: steps that ended, traffic that moved, verdicts. */
export function news(before: OperationStatus | undefined, next: OperationStatus): string[] {
  const known = new Map(before?.steps.map((step) => [step.id, step.status]));
  const traffic = trafficLine(next);
  const moved = traffic !== '' && traffic !== (before === undefined ? '' : trafficLine(before));
  return [
    ...next.steps
      .filter((step) => ENDED.has(step.status) && known.get(step.id) !== step.status)
      .flatMap((step) => stepLines(step, next)),
    ...(moved ? [traffic] : []),
    ...(next.state === 'undoing' && before?.state !== 'undoing' ? ['it takes itself back'] : []),
  ];
}

const ENDED: ReadonlySet<string> = new Set(['done', 'failed']);

function trafficLine({ weights }: OperationStatus): string {
  const shares = weights.map((one) => `${one.version} ${bar(one.percent, 10)} ${one.percent} %`);
  return shares.length === 0 ? '' : `traffic   ${shares.join('   ')}`;
}

function stepLines(step: OperationStatus['steps'][number], status: OperationStatus): string[] {
  const verdicts = status.verdicts.filter((one) => one.step === step.id);
  const judged = verdicts.map((one) => `${one.name} ${one.verdict}`).join(', ');
  const took = spanBetween(step.startedAt, step.endedAt);
  const details = [judged, took].filter((one) => one !== '').join('; ');
  const mark = step.status === 'failed' ? '✘' : '✔';
  return [
    `${mark} ${titleOf(step)}${details === '' ? '' : `  (${details})`}`,
    ...verdicts
      .filter((one) => one.verdict !== 'pass')
      .map((one) => `  ${one.name}: ${one.reason}`),
  ];
}
