// What every channel is made with, and how it gets at the secrets of its settings.
import type { Delivery, SendInput } from '../../ports/notify.ts';
import type { Waiting } from '../../ports/waiting.ts';
import type { Setting } from '../../config/system.ts';
import { Failure } from '../../domain/failure.ts';
import { secretValue, type SecretSources } from '../secret-value.ts';

/** How long one try of one channel may take. */
export const SENDS_WITHIN_MS = 10_000;

export interface SenderContext {
  /** Where the file channels write. */
  folder: string;
  secrets: SecretSources;
  /** Prints lines where the worker was started. */
  print: (text: string) => void;
}

/** Returns what is settled; throws Unavailable for another try, any other Failure for what no try would change. */
export type Sender = (
  input: SendInput,
  context: SenderContext,
  waiting: Waiting,
) => Promise<Delivery>;

/** The value of a setting of this channel. Throws BadInput when it is not there. */
export async function settingText(
  setting: Setting | undefined,
  field: string,
  { name, directory }: SendInput,
  { secrets }: SenderContext,
): Promise<string> {
  if (setting === undefined) throw new Failure('BadInput', `notify.${name} has no ${field}`);
  if (typeof setting !== 'object') return String(setting);
  const found = await secretValue(setting, directory, secrets);
  if ('secret' in found) return found.secret;
  throw new Failure('BadInput', `notify.${name}.${field} refers to ${found.problem}`);
}
