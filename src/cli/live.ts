// Shows a status while somebody watches: redrawn in place on a terminal, otherwise a line for each change.
import type { OperationStatus } from '../domain/status.ts';
import { clean } from './print.ts';
import { newLines, statusLines } from './view.ts';

const MOST_STEPS = 8;

export interface Screen {
  show(status: OperationStatus): void;
  /** A remark that stays, e.g. that nobody answers. */
  say(text: string): void;
}

export function createScreen(stream: NodeJS.WriteStream): Screen {
  return stream.isTTY ? terminal(stream) : log(stream);
}

function log(stream: NodeJS.WriteStream): Screen {
  let last: OperationStatus | undefined;
  return {
    show(status) {
      for (const line of newLines(last, status)) stream.write(`${clean(line)}\n`);
      last = status;
    },
    say(text) {
      stream.write(`${clean(text)}\n`);
    },
  };
}

function terminal(stream: NodeJS.WriteStream): Screen {
  let drawn: string[] = [];
  const erase = (): string => (drawn.length === 0 ? '' : `\x1b[${drawn.length}A\x1b[0J`);
  const write = (above: string, lines: string[]): void => {
    stream.write(`${erase()}${above}${lines.map((line) => `${line}\n`).join('')}`);
    drawn = lines;
  };
  // A line that wraps, or a view taller than the screen, cannot be erased by counting lines.
  const fit = (lines: string[]): string[] =>
    lines
      .slice(0, Math.max(1, stream.rows - 1))
      .map((line) => clean(line).slice(0, Math.max(10, stream.columns - 1)));
  return {
    show(status) {
      const lines = fit(statusLines(status, MOST_STEPS));
      if (lines.join('\n') !== drawn.join('\n')) write('', lines);
    },
    say(text) {
      write(`${clean(text)}\n`, drawn);
    },
  };
}
