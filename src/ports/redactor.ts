// The port that takes the values of secrets out of texts. Implemented in integrations/secrets.ts.
import type { SecretSource } from '../domain/loaded-system.ts';

/** Replaces every known secret value by `[redacted]`, in the texts of any JSON value. */
export interface Redactor {
  /** What stands inside one of the `names` stays: `production` in `shop-production`. */
  redact<T>(value: T, names?: readonly string[]): T;
  /** Looks up the secrets that a system refers to, so that they are known. Missing ones are Failures BadInput. */
  learn(source: SecretSource): Promise<void>;
}
