// Why the embedded default cannot start (or go on), as one sentence for people and an exit code.

export type StartFailureCode =
  | 1 // a bug
  | 2 // bad input or configuration: a port taken, a folder not writable
  | 5 // no Temporal: its program cannot be had, or it does not answer
  | 6 // another `up` holds the data folder
  | 130; // stopped while it was starting

export class StartFailure extends Error {
  readonly code: StartFailureCode;

  constructor(code: StartFailureCode, message: string) {
    super(message);
    this.name = 'StartFailure';
    this.code = code;
  }
}

/** The system's word for what went wrong (`ENOENT`), or undefined. */
export function errorCode(error: unknown): string | undefined {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string')
    return error.code;
  return undefined;
}

export function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
