// Stretches of time in sentences.

/** A duration of `ms` for sentences, rounded: `36 h`, `12 min`, `40 s`. */
export function spanOf(ms: number): string {
  const size = Math.abs(ms);
  if (size >= 7_200_000) return `${Math.round(ms / 360_000) / 10} h`;
  if (size >= 120_000) return `${Math.round(ms / 60_000)} min`;
  return size >= 2000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms)} ms`;
}
