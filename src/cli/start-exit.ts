// How a command ends when `up` or the demonstration could not start.
import { SettingsError } from '../config/environment.ts';
import { StartFailure } from '../embedded/start-failure.ts';
import { EXIT, ExitError } from './exit.ts';

/** The ExitError for an error of starting; `undefined` for any other error. */
export function startExit(error: unknown): ExitError | undefined {
  if (error instanceof StartFailure) return new ExitError(error.code, error.message);
  if (error instanceof SettingsError) return new ExitError(EXIT.badInput, error.message);
  return undefined;
}

/** Resolves when the signal is aborted. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => {
    signal.addEventListener('abort', resolve, { once: true });
  });
}
