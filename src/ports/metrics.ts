// The port to metrics: a Prometheus text endpoint, or a Prometheus server. Implemented in integrations/. Every verb throws `Failure`.
import type { Analysis } from '../config/system.ts';
import type { QueryAnswer } from '../domain/analysis/query-answer.ts';
import type { Exposition } from '../domain/analysis/prometheus-text.ts';
import type { Waiting } from './waiting.ts';

/** Reads a Prometheus text endpoint, or asks a Prometheus server. */
export interface MetricsPort {
  scrape(url: string, waiting: Waiting): Promise<Exposition>;
  /**
   * The value of an expression at one moment, or every `stepMs` over a range. Throws BadInput for what
   * the server cannot read, Unavailable for everything that may be different next time.
   */
  query(input: QueryInput, waiting: Waiting): Promise<QueryAnswer>;
}

export interface QueryInput {
  server: QueryServer;
  /** What files of secrets are relative to. */
  directory: string;
  expression: string;
  /** Milliseconds since 1970. */
  at: number | { from: number; to: number; stepMs: number };
}

/** How a Prometheus server is reached; headers may be references to secrets. */
export type QueryServer = Pick<
  Analysis,
  'url' | 'headers' | 'bearerToken' | 'timeout' | 'staleAfter'
>;
