// (i) The judge on 1,000 pairs of 1,000 samples: latencies as services have them, half of the pairs with a shift.
import { judgeOptionsSchema } from '../src/config/judge-options.ts';
import { judgeMetric } from '../src/domain/analysis/judge/judge-metric.ts';
import { figure, type Measured, type Stage } from './figure.ts';

const PAIRS = 1000;
const SAMPLES = 1000;

export async function judge(stage: Stage): Promise<Measured[]> {
  const options = judgeOptionsSchema.parse({});
  const random = seeded(20_261_122);
  const pairs = Array.from({ length: PAIRS }, (_, index) => ({
    ...options,
    control: latencies(random, 1),
    experiment: latencies(random, index % 2 === 0 ? 1 : 1.2),
  }));
  const classes = new Map<string, number>();
  const seconds: number[] = [];
  for (let round = 0; round < stage.rounds(5); round += 1) {
    classes.clear();
    const started = performance.now();
    for (const pair of pairs) {
      const { class: found } = judgeMetric(pair);
      classes.set(found, (classes.get(found) ?? 0) + 1);
    }
    seconds.push((performance.now() - started) / 1000);
  }
  const found = [...classes].map(([name, count]) => `${count} ${name}`).join(', ');
  return [
    figure('judge, 1,000 pairs of 1,000 samples', 's', seconds, {
      notes: [`half of the experiments are 20 % slower; found: ${found}`],
    }),
  ];
}

/** Log-normal about 20 ms, in seconds. */
function latencies(random: () => number, factor: number): number[] {
  return Array.from({ length: SAMPLES }, () => {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return 0.02 * factor * Math.exp(0.5 * normal);
  });
}

/** Mulberry32: the same samples each time. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
