// How a start of everything on this machine that failed ends a command.
import { SettingsError } from '../config/settings.ts';
import { StartFailure } from '../embedded/start-failure.ts';
import { EXIT, ExitError } from './exit.ts';

/** What was thrown as the end of a command; `undefined` for what is none of a start's. */
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
