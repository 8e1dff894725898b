// Durations in a system file (`3s`), which everything else holds as milliseconds.
import { z } from 'zod';
import { DURATION, milliseconds, WRITTEN } from './duration-text.ts';

function durationFrom(least: number, description: string) {
  return z
    .string()
    .meta({ description, pattern: WRITTEN.source })
    .refine((text) => (milliseconds(text) ?? -1) >= least, description)
    .transform((text) => milliseconds(text) ?? 0);
}

/** Zero is fine. */
export const duration = durationFrom(0, DURATION);
/** Zero makes no sense: a deadline, an interval, a timeout. */
export const someTime = durationFrom(1, `${DURATION}, longer than 0`);
