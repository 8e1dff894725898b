// Shows a status while somebody watches: redrawn in place on a terminal, otherwise a line for each step that ended.
import type { OperationStatus } from '../../domain/operation/status.ts';
import { fitted, painted, shown, shownOn } from '../output/print.ts';
import { courseLines, newLines, statusLines, workLines } from './view.ts';

const MOST_STEPS = 8;
/** How often a log is told how far a long step is; that it is tried again is told at once. */
const TELL_AGAIN_MS = 30_000;
/** How many lines a terminal shows at most of the steps of an operation that is told briefly. */
const MOST_BRIEF = 2;

export interface Screen {
  /** The end of an operation leaves its course; how it ended is said elsewhere (say-end.ts). */
  show(status: OperationStatus): void;
  /** Says something below the status, e.g. that no worker answers. */
  say(text: string): void;
}

/** `brief`: of what went well only what goes on now, on a terminal, which is gone at the end. */
export function createScreen(stream: NodeJS.WriteStream, brief: boolean): Screen {
  return stream.isTTY ? terminal(stream, brief) : log(stream, brief);
}

function log(stream: NodeJS.WriteStream, brief: boolean): Screen {
  let last: OperationStatus | undefined;
  let told = { attempts: '', at: performance.now() };
  return {
    show(status) {
      const attempts = attemptsOf(status);
      const isDue = performance.now() - told.at >= TELL_AGAIN_MS;
      const isNew = attempts !== told.attempts && attempts !== '';
      if (isDue || isNew) told = { attempts, at: performance.now() };
      const work = isDue || isNew ? workLines(status) : [];
      const lines = [...newLines(last, status, brief), ...work];
      for (const line of lines) stream.write(`${shownOn(stream, line)}\n`);
      last = status;
    },
    say(text) {
      stream.write(`${shownOn(stream, text)}\n`);
    },
  };
}

/** Which activities are tried again, and in which attempt; empty where none is. */
function attemptsOf({ pending = [] }: OperationStatus): string {
  const again = pending.filter(({ attempt }) => attempt > 1);
  return again.map(({ activity, attempt }) => `${activity} ${attempt}`).join();
}

function terminal(stream: NodeJS.WriteStream, brief: boolean): Screen {
  let drawn: string[] = [];
  // The window may have become narrower meanwhile: what was drawn then takes more rows.
  const erase = (): string => {
    const rows = rowsOf(drawn, stream.columns);
    return rows === 0 ? '' : `\x1b[${rows}A\x1b[0J`;
  };
  const write = (above: string, lines: string[]): void => {
    const text = `${above}${lines.map((line) => `${line}\n`).join('')}`;
    stream.write(`${erase()}${painted(stream, text)}`);
    drawn = lines;
  };
  return {
    show(status) {
      const most = brief ? MOST_BRIEF : MOST_STEPS;
      const isOver = status.state === 'closed';
      const course = isOver ? courseLines(status, brief ? 0 : most) : statusLines(status, most);
      const lines = course.flatMap((line) => fitted(stream, shown(line)).split('\n'));
      const fitting = fittingLines(lines, stream);
      if (fitting.join('\n') !== drawn.join('\n')) write('', fitting);
    },
    say(text) {
      write(`${fitted(stream, shown(text))}\n`, drawn);
    },
  };
}

/** The first line and as many of the last ones as the window has room for: a view taller than it cannot be erased. */
function fittingLines(
  lines: string[],
  { rows, columns }: { rows: number; columns: number },
): string[] {
  const [head, ...rest] = lines;
  if (head === undefined) return [];
  let left = rows - 1 - rowsOf([head], columns);
  const from = rest.findLastIndex((line) => {
    left -= rowsOf([line], columns);
    return left < 0;
  });
  return [head, ...rest.slice(from + 1)];
}

/** Rows that lines take on a window of this width, which wraps them: a command that is wrapped so can still be copied whole. */
function rowsOf(lines: readonly string[], columns: number): number {
  const width = Math.max(1, columns);
  return lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / width)), 0);
}
