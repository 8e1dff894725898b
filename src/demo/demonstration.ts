// What a demonstration is, and which there are: each plays on a system that is up, and says what it promised.
import type { Report } from '../domain/report.ts';
import type { Embedded } from '../embedded/up.ts';
import type { Answer } from './load.ts';
import type { Promised } from './promises.ts';
import type { Scene } from './watch.ts';

/** What a demonstration came to. */
export interface Shown {
  reports: Report[];
  answers: readonly Answer[];
  promises: Promised[];
}

export interface Demonstration {
  /** The first line of its story. */
  opening: string;
  play(scene: Scene, embedded: Embedded): Promise<Shown>;
}

/** By the name that `fairlead demo NAME` takes. */
export const DEMONSTRATIONS = {
  canary: async () => (await import('./canary.ts')).CANARY,
  'blue-green': async () => (await import('./blue-green.ts')).BLUE_GREEN,
  drill: async () => (await import('./drill.ts')).DRILL,
} satisfies Record<string, () => Promise<Demonstration>>;

export type DemonstrationName = keyof typeof DEMONSTRATIONS;
