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
} as const;

/** An expected end. An empty message means that everything was said already. */
export class ExitError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.name = 'ExitError';
    this.code = code;
  }
}
