// How a command ends other than well: the one catch in client.ts prints the message and exits with the code.

/** An expected end. The codes are listed in docs/dictionary.md; 1 is a bug and never thrown on purpose. */
export class ExitError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.name = 'ExitError';
    this.code = code;
  }
}
