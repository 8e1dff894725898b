// What a timer of Node can wait. One for longer fires at once.

/** Milliseconds: 24.8 days. */
export const LONGEST_TIMER = 2 ** 31 - 1;

/** `ms`, or the longest that a timer can wait. */
export function timerOf(ms: number): number {
  return Math.min(ms, LONGEST_TIMER);
}
