// Constant samples have no spread to rank: a little Gaussian noise gives them one. The generator always
// starts at the same seed, so that the same samples are judged the same way each time.
import type { Sorted } from './rank-sum.ts';

const SEED = 0x5eed;
/** Standard deviation of the noise as a share of the value: 0 gets none. */
const SCALE = 1e-5;

/** Both sorted again. */
export function withNoise(x: Sorted, y: Sorted): [Sorted, Sorted] {
  const next = uniform(SEED);
  const noisy = (one: number): number => one + gaussian(next) * Math.abs(one) * SCALE;
  return [x.map(noisy).sort(), y.map(noisy).sort()];
}

/** Box and Muller. */
function gaussian(next: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
}

/** Mulberry32: numbers from 0 up to 1. */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
