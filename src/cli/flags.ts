// Durations and numbers as people type them after a flag, or as an argument.
import { InvalidArgumentError } from 'commander';
import { DURATION, milliseconds } from '../domain/text/duration-text.ts';
import { describeValue } from '../domain/text/describe-value.ts';
import { EXIT, ExitError } from './exit.ts';

/** Milliseconds of `10m`; a plain number is refused, because it has no unit. */
export function durationFlag(flag: string, text: string): number {
  const ms = milliseconds(text);
  if (ms !== undefined && ms > 0) return ms;
  throw new ExitError(EXIT.badInput, `${flag} is ${describeValue(text)}, allowed: ${DURATION}`);
}

export function numberFlag(flag: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new ExitError(EXIT.badInput, `${flag} is ${describeValue(text)}, allowed: a number`);
}

/** For commander, which names the flag or argument itself. */
export function wholeNumber(from: number, to: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^-?\d+$/.test(text) && value >= from && value <= to) return value;
    throw new InvalidArgumentError(`It must be a whole number between ${from} and ${to}.`);
  };
}
