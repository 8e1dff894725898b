// What people of a storm do next and what dies next, drawn from a seed: pure, so that the same seed draws the same.

/** From 0 up to, not including, 1. */
export type Random = () => number;

/** Mulberry32: 32 bits of state are enough for what only has to be drawn again. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function pick<Item>(random: Random, items: readonly [Item, ...Item[]]): Item {
  return items[Math.floor(random() * items.length)] ?? items[0];
}

export interface StormView {
  systems: readonly [string, ...string[]];
  /** Workflow ids of operations that are not over. */
  open: readonly string[];
  /** Whether this machine can isolate a drill. */
  drills: boolean;
}

/** Stands for a time some seconds from now: what is drawn knows of no clock. */
export const SOON = 'SOON';

/** How often each is drawn beside the others. */
const STARTS: [number, (random: Random, system: string) => string][] = [
  [6, (random, system) => `deploy ${system}/api ${version(random)} --no-wait`],
  [
    2,
    (random, system) => `deploy ${system}/api ${version(random)} --strategy blue-green --no-wait`,
  ],
  [2, (_, system) => `rollback ${system}/api --no-wait`],
  [2, (random, system) => `scale ${system}/api ${1 + Math.floor(random() * 2)} --no-wait`],
  [1, (_, system) => `restart ${system}/api --no-wait`],
  [1, (_, system) => `stop ${system} --timeout 20s`],
  [2, (_, system) => `admit ${system} --timeout 20s`],
  [2, (_, system) => `backup ${system} --no-wait`],
  [1, (_, system) => `verify ${system}/data --no-wait`],
  [1, (_, system) => `recover ${system} --datastore data --beside --keep 1m --no-wait`],
  [1, (_, system) => `freeze ${system} --until ${SOON} --reason storm`],
  [2, (_, system) => `thaw ${system}`],
  [1, (_, system) => `status ${system}`],
];
const ANSWERS = [
  ...['approve', 'approve', 'approve', 'promote', 'retry', 'resume', 'pause'],
  ...['reject', 'abort', 'skip', 'adopt', 'status'],
] as const;

/** Arguments of the command line, without who runs it. */
export function nextCommand(random: Random, { systems, open, drills }: StormView): string {
  const [first, ...others] = open;
  if (first !== undefined && random() < 0.5) {
    return `${pick(random, ANSWERS)} ${pick(random, [first, ...others])}`;
  }
  const system = pick(random, systems);
  if (drills && random() < 0.04) return `drill ${system} --no-wait`;
  const all = STARTS.reduce((sum, [weight]) => sum + weight, 0);
  let left = random() * all;
  for (const [weight, command] of STARTS) {
    left -= weight;
    if (left < 0) return command(random, system);
  }
  return `status ${system}`;
}

/** Few enough that people meet: the same one is deployed twice, or is live already. */
function version(random: Random): string {
  return `v${1 + Math.floor(random() * 40)}`;
}

export type Victim = 'worker' | 'server' | 'host';

export function nextVictim(random: Random): Victim {
  return pick(random, ['worker', 'worker', 'server', 'host']);
}

/** Milliseconds. */
export function between(random: Random, from: number, to: number): number {
  return from + random() * (to - from);
}
