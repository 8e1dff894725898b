// The port to requests over HTTP that runbooks of steps make. Implemented in integrations/http.ts. Every verb throws `Failure`.
import type { Setting } from '../../config/system.ts';
import type { Waiting } from '../waiting.ts';

export interface HttpRequest {
  url: string;
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Secrets by reference. */
  headers: Readonly<Record<string, Setting>>;
  /** What files of secrets are relative to; absolute. */
  directory?: string;
  body?: string;
  timeoutMs: number;
}

export interface HttpAnswer {
  status: number;
  text: string;
  /** Of the answer, without parameters: `text/html`; empty where nothing says it. */
  contentType: string;
  ms: number;
}

/** Requests; no redirect is followed. */
export interface HttpPort {
  /** Whatever the status. Throws Unavailable when nothing at the address took the request, NotReady when no whole answer came in time, BadInput for a secret that is not there. */
  send(request: HttpRequest, waiting: Waiting): Promise<HttpAnswer>;
}
