// The rungs of the ladder (ladder.ts) by name, for system files too.

/** The rungs in the order in which they are climbed. */
export const RUNGS = [
  'artefact', // every object is there with its checksum, and the tool can read it
  'loads', // it goes into an empty copy without a failed row
  'complete', // counts, indexes, sequences, constraints
  'correct', // the hash of each table or file
  'pointInTime', // how old what came back is
  'invariants', // queries that say that the business data is sane
  'usable', // the service itself on the copy
] as const;

export type Rung = (typeof RUNGS)[number];
