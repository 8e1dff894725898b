// What a person does in the place of Fairlead, as plain data: commands for a shell, and how to see that they did it. No
// secret is in them: a password is named by where it is.
import type { RevisionSpec, Weights } from '../rollout/model.ts';
import { shellWord } from '../text/command-text.ts';

/** Lines for bash. One that begins with `#` is for the person who reads it. */
export interface ByHand {
  /** What is done. */
  type: readonly string[];
  /** Fails, or prints something else than it says, while the step is not done. */
  see: readonly string[];
}

/** A secret as the system file refers to it. */
export type SecretReference = { env: string } | { file: string };

export const HAND_STEPS = [
  'look',
  'fence',
  'quiet',
  'artefact',
  'loads',
  'complete',
  'correct',
  'invariants',
  'loss',
  'exchange',
  'live',
  'open',
  'flush',
  'backup',
] as const;

/** What is done to a datastore, step by step; what a kind does not say has no command. */
export type DatastoreByHand = Partial<Record<(typeof HAND_STEPS)[number], ByHand>>;

/** What is done to a service on its platform. */
export interface ServiceByHand {
  /** What a shell puts in for where a revision is reached whatever its weight: `http://127.0.0.1:4711`. */
  preview(revision: string): string;
  ensure(spec: RevisionSpec, replicas: number): ByHand;
  ready(revision: string): ByHand;
  weights(weights: Weights): ByHand;
  stop(): ByHand;
  admit(percent: number): ByHand;
  scale(revision: string, replicas: number): ByHand;
  restart(revision: string): ByHand;
  remove(revision: string): ByHand;
}

/** For what only a person can do, or decide. */
export function person(...sentences: string[]): ByHand {
  return { type: sentences.map((sentence) => `# ${sentence}`), see: [] };
}

/** A program with its arguments, as a shell reads them back. */
export function line(...words: string[]): string {
  return words.map(shellWord).join(' ');
}

/** A command of the system file, in the folder of the system. */
export function inFolder({ directory }: { directory: string }, command: readonly string[]): string {
  return `( ${line('cd', directory)} && ${line(...command)} )`;
}

/** What a shell puts in for a secret; the words of a command say only where it is. */
export function secretWord(reference: SecretReference, resolved: (path: string) => string): string {
  if ('env' in reference) return `"$${reference.env}"`;
  return `"$(cat ${shellWord(resolved(reference.file))})"`;
}
