// What a kind of platform or of datastore can do. Each kind says it once, in its settings.ts; whoever needs to know asks
// for the capability and never for the kind's name. `fairlead check` refuses what a kind cannot do.

export interface PlatformCapabilities {
  /** What it starts: `command` and its files on a machine, or an `image`. */
  program: 'command' | 'image';
  /** Revisions have replicas that are counted (`replicas`, scale), or as many as the platform finds right. */
  replicas: 'counted' | 'elastic';
  /** A revision can be had with no replica at all. */
  scaleToZero: boolean;
  /** All replicas of a revision can be replaced while it answers. */
  restart: boolean;
  /** Shares of traffic: any percent, or whole ones. */
  weights: 'fractional' | 'whole';
  /** Where the share of a version goes that has nobody ready: to those that can answer, or nowhere. */
  unready: 'others' | 'lost';
  /** Can a part of the clients be let in, each of them always or never? */
  partialAdmission: 'sticky' | 'none';
  /** How one revision is reached whatever its weight: by an address, by an address and headers, or not at all. */
  preview: 'address' | 'headers' | 'none';
  /** Who says which revision answered a probe: the platform, or the service by a header of its own. */
  whoAnswered: 'platform' | 'service';
  /** Where an epoch token is compared: in the same breath as the change, or before it. */
  epoch: 'atomic' | 'before';
  /** How long a change of traffic may take until users see it (ms). */
  patience: number;
  /** Does it tell when something of it changed, or must it be asked? */
  changes: 'told' | 'asked';
  /** An object of its own has to be brought to the new version when a deploy is over. */
  settle: boolean;
  /** Services can be started on copies, apart from everything live: drills, the rung `usable`. */
  isolation: boolean;
}

export interface DatastoreCapabilities {
  /** A copy answers queries: invariants, the watermark. */
  queries: boolean;
  /** Fairlead can write heartbeats into a live one (`recoveryPoint.canary` in a system file). */
  heartbeats: boolean;
  /** What a copy has of its own for whoever logs in to it, as `{{copy.NAME.FIELD}}`; empty: nobody logs in. */
  copyLogin: readonly ('user' | 'password' | 'database')[];
  /** What is counted of its contents when people are told how much there is. */
  counts: 'files' | 'keys' | 'rows' | 'documents';
  /** How the live one is exchanged for a copy beside it (ports/exchanges.ts); null: not as yet. */
  exchange: ExchangeKind | null;
  /** Where a copy goes that people look into: beside what is live, or apart from it, with a server of its own; null: not as yet. */
  look: 'beside' | 'apart' | null;
  /** The fields of its settings that say where it is: what a binding may change, as `{{binding.NAME.FIELD}}`. */
  place: readonly PlaceField[];
  /** The value of each place field that holds where the system file says nothing. */
  defaultPlace: Readonly<Partial<Record<PlaceField, string | number>>>;
}

export type PlaceField = 'host' | 'port' | 'database' | 'directory';

/** How a kind of datastore puts a copy in the live one's place: it differs in who has to notice. */
type ExchangeKind =
  | 'generation' // a link leads to another folder of the same datastore: nobody needs to notice
  | 'rename' // two databases of one server change their names: sessions end, addresses stay
  | 'swap' // two numbers of one server change places: nobody needs to notice
  | 'binding'; // services are bound to another place (domain/recovery/binding.ts): they are started anew
