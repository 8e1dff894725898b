// The object of somebody's that is the stable side of a service, as settling sees it: a Helm release, or a Deployment that was
// there before Fairlead. It has numbered revisions, one of which holds.
import { z } from 'zod';
import type { EpochToken, ImageProgram } from '../../../domain/rollout/model.ts';
import type { StableSettings } from '../settings.ts';

/** One object of a chart. */
export const objectShape = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }),
});
export type ReleaseObject = z.output<typeof objectShape>;

export interface Rendered {
  objects: ReleaseObject[];
  /** What runs once, before or after: `Job migrate (pre-upgrade)`. */
  hooks: string[];
}

export interface StableRevision {
  revision: number;
  /** ISO 8601. */
  updated: string;
  /** Helm's word: deployed, superseded, failed, pending-upgrade, pending-rollback, ... */
  status: string;
  description: string;
}

/** One per call of a port: what it was told of charts and revisions is asked for once. */
export interface Stable {
  settings: StableSettings;
  /** What tells it from others of its namespace. */
  key: string;
  /** What it is, for messages: `the Helm release shop`. */
  called: string;
  /** Where it is said, in a system file: `kubernetes.helm`. */
  said: string;
  /** What a person does to make it, and to bring it back to what it was: `install it`, `helm rollback shop`. */
  byHand: { make: string; back: string };
  /** A revision of it, for messages: `Helm revision 3`. */
  numbered: (revision: number) => string;
  /** Oldest first; empty where there is no such object. */
  history: () => Promise<StableRevision[]>;
  /** What it would be made of with an image; nothing is changed. */
  preview: (image: ImageProgram) => Promise<Rendered>;
  /** What a revision is made of; undefined for one that nobody keeps any more. */
  manifest: (revision: number) => Promise<ReleaseObject[] | undefined>;
  /** Throws CheckFailed where a hook failed, an object was refused, or another change is under way. */
  upgrade: (image: ImageProgram, token: EpochToken) => Promise<void>;
  /** To a revision of `history`; absent where none is kept, and the way back is an upgrade to the image of before. */
  rollback?: (revision: number) => Promise<void>;
}
