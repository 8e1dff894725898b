// How a command ends other than well: thrown anywhere in cli/, caught once in client.ts, which prints the
// message on stderr and exits with the code.

/** The exit codes of the command line, by what they mean. */
export const EXIT = {
  done: 0,
  bug: 1,
  badInput: 2,
  failed: 3,
  rejected: 4,
  noAnswer: 5,
  refused: 6,
  inconclusive: 7,
  needsPerson: 8,
  stillRunning: 9,
  interrupted: 130,
  readerGone: 141,
  terminated: 143,
} as const;

/** What each code says, for `--help`. */
const MEANS: Record<keyof typeof EXIT, string> = {
  done: 'done as asked; planned, nothing to do',
  bug: 'a bug',
  badInput: 'bad input or configuration; nothing was started',
  failed: 'failed or rolled back, nothing left over',
  rejected: 'rejected, expired, aborted or preempted',
  noAnswer: 'no answer from Temporal or from a worker',
  refused: 'refused: not now, or not from you',
  inconclusive: 'inconclusive',
  needsPerson: 'needs a person: parked, left over, stopped',
  stillRunning: 'still running when --timeout passed',
  interrupted: 'Ctrl-C: the operation goes on',
  readerGone: 'who read the output has gone',
  terminated: 'SIGTERM, while it only watched',
};

/** The exit codes as lines of `--help`. */
export function exitCodeLines(): string[] {
  const names = Object.keys(EXIT).filter((name): name is keyof typeof EXIT => name in MEANS);
  return [
    'Exit codes:',
    ...names.map((name) => `  ${String(EXIT[name]).padEnd(3)}  ${MEANS[name]}`),
  ];
}

/** An expected end. An empty message means that everything was said already. */
export class ExitError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.name = 'ExitError';
    this.code = code;
  }
}
