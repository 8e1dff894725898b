// What Firestore's protocol is made of, as its client has it.
import type { v1 } from '@google-cloud/firestore';

export type FirestoreClient = InstanceType<typeof v1.FirestoreClient>;

type QueryRequest = NonNullable<Parameters<FirestoreClient['runQuery']>[0]>;
type BatchRequest = NonNullable<Parameters<FirestoreClient['batchWrite']>[0]>;
type Write = NonNullable<BatchRequest['writes']>[number];

export type CallOptions = NonNullable<Parameters<FirestoreClient['runQuery']>[1]>;
export type Query = NonNullable<QueryRequest['structuredQuery']>;
export type Filter = NonNullable<Query['where']>;
export type Document = NonNullable<Write['update']>;
/** One field's content with its type. */
export type Value = NonNullable<Document['fields']>[string];

/** As the protocol has it; a 64-bit number is a text. */
export interface Moment {
  seconds?: number | string | null;
  nanos?: number | null;
}

/** One message of the answer to a query. */
export interface Answer {
  document?: Document | null;
  readTime?: Moment | null;
}

/** What became of one write of a batch. */
export interface Status {
  code?: number | null;
  message?: string | null;
}
