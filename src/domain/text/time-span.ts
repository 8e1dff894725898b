// Stretches of time in sentences.

/** A duration of `ms` for sentences, rounded: `36 h`, `12 min`, `40 s`, `1.8 s`. */
export function spanOf(ms: number): string {
  const size = Math.abs(ms);
  if (size >= 7_200_000) return `${Math.round(ms / 360_000) / 10} h`;
  if (size >= 120_000) return `${Math.round(ms / 60_000)} min`;
  if (size >= 2000) return `${Math.round(ms / 1000)} s`;
  return size >= 1000 ? `${Math.round(ms / 100) / 10} s` : `${Math.round(ms)} ms`;
}
