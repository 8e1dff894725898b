// What a demonstration is: it plays on a system that is up, and says what it promised.
import type { Report } from '../src/domain/record/report.ts';
import type { Embedded } from '../src/embedded/up.ts';
import type { LoadAnswer } from './load.ts';
import type { Promised } from './promises.ts';
import type { Story } from './story.ts';
import type { Scene } from './watch.ts';

/** What a demonstration came to. */
export interface Shown {
  reports: Report[];
  answers: readonly LoadAnswer[];
  promises: Promised[];
}

/** What a demonstration needs beside Fairlead's own processes. */
export interface Outside {
  /** The folder of its systems. */
  systems: string;
  /** Of the worker, besides its own. */
  env?: Readonly<Record<string, string>>;
  end(): Promise<void>;
}

export interface Demonstration {
  /** The first line of its story. */
  opening: string;
  /** Makes a folder of systems of its own in the demo's data folder, and answers its path; without it the repository's is taken. */
  systems?(data: string): string;
  /** Starts what it needs beside Fairlead's own processes, before them; it is ended after them. */
  begin?(data: string, story: Story, signal: AbortSignal): Promise<Outside>;
  /** Its system; without it commercial-view. */
  system?: string;
  /** It takes longer than the others to come to its end. */
  isLong?: true;
  /** Alerts are taken. */
  takesAlerts?: true;
  play(scene: Scene, embedded: Embedded, outside?: Outside): Promise<Shown>;
}
