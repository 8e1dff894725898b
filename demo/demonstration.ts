// What a demonstration is: it plays on a system that is up, and says what it promised.
import type { Report } from '../src/domain/record/report.ts';
import type { Embedded } from '../src/embedded/up.ts';
import type { LoadAnswer } from './load.ts';
import type { Promised } from './promises.ts';
import type { Scene } from './watch.ts';

/** What a demonstration came to. */
export interface Shown {
  reports: Report[];
  answers: readonly LoadAnswer[];
  promises: Promised[];
}

export interface Demonstration {
  /** The first line of its story. */
  opening: string;
  /** Makes a folder of systems of its own in the demo's data folder, and answers its path; without it the repository's is taken. */
  systems?(data: string): string | Promise<string>;
  /** Ends what `systems` started, however it went. */
  end?(data: string): Promise<void>;
  /** Alerts are taken. */
  takesAlerts?: true;
  play(scene: Scene, embedded: Embedded): Promise<Shown>;
}
