// The API of a cluster as the tests themselves ask it, beside Fairlead: JSON over HTTPS with a token.
import { Agent, request, type RequestOptions } from 'node:https';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import type { IncomingMessage } from 'node:http';
import { parsedJson, textAt } from '../../../src/domain/json.ts';

/** Any object of the API. What is read of it is what the tests and the pod agent need. */
export interface ApiObject {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: unknown;
  status?: unknown;
  [field: string]: unknown;
}

export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  ownerReferences?: { kind: string; name: string }[];
  managedFields?: { manager: string; operation: string }[];
}

export interface ApiAccess {
  /** `https://HOST:PORT`. */
  server: string;
  token: string;
  /** PEM. */
  authority: string;
}

/** What the API server answered with a status of 400 or more. */
export class ApiError extends Error {
  readonly status: number;

  constructor(what: string, status: number, said: string) {
    super(`${what}: ${status} ${textAt(parsedJson(said), 'message') ?? said.slice(0, 300)}`);
    this.status = status;
  }
}

/** Told ADDED, MODIFIED or DELETED, and the object. */
type Watcher = (type: string, object: ApiObject) => void;

type Verb = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

const APPLY = 'application/apply-patch+yaml';
export const MERGE = 'application/merge-patch+json';
export const STRATEGIC = 'application/strategic-merge-patch+json';

export class Api {
  readonly access: ApiAccess;
  readonly #agent: Agent;

  constructor(access: ApiAccess) {
    this.access = access;
    this.#agent = new Agent({ keepAlive: true, maxSockets: 16, ca: access.authority });
  }

  close(): void {
    this.#agent.destroy();
  }

  get<T = ApiObject>(path: string): Promise<T> {
    return this.call<T>('GET', path);
  }

  async list<T = ApiObject>(path: string): Promise<T[]> {
    return (await this.call<{ items: T[] }>('GET', path)).items;
  }

  /** Server-side, as a manager of fields; what others hold is taken from them. */
  apply(path: string, object: object, manager = 'test'): Promise<ApiObject> {
    return this.call('PATCH', `${path}?fieldManager=${manager}&force=true`, object, APPLY);
  }

  patch<T = ApiObject>(path: string, change: object, type = MERGE): Promise<T> {
    return this.call<T>('PATCH', path, change, type);
  }

  /** What is gone already is fine. */
  async remove(path: string, options: object = {}): Promise<void> {
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', ...options };
    await this.call('DELETE', path, body).catch((error: unknown) => {
      if (!(error instanceof ApiError) || ![404, 409].includes(error.status)) throw error;
    });
  }

  async call<T = ApiObject>(
    verb: Verb,
    path: string,
    body?: object | string,
    type = 'application/json',
  ): Promise<T> {
    const response = await this.#ask(verb, path, body, type, this.#agent);
    const said = await text(response);
    if ((response.statusCode ?? 0) >= 400)
      throw new ApiError(`${verb} ${path}`, response.statusCode ?? 0, said);
    return (said === '' ? {} : JSON.parse(said)) as T;
  }

  /** Text, such as a log or metrics. */
  async text(path: string): Promise<string> {
    const response = await this.#ask('GET', path, undefined, 'application/json', this.#agent);
    const said = await text(response);
    if ((response.statusCode ?? 0) >= 400)
      throw new ApiError(`GET ${path}`, response.statusCode ?? 0, said);
    return said;
  }

  /** Calls back with every object of a collection, and with each of its changes, until the signal; it goes on after breaks. */
  async watch(path: string, signal: AbortSignal, onChange: Watcher): Promise<void> {
    while (!signal.aborted) {
      try {
        const { items, metadata } = await this.call<{ items: ApiObject[]; metadata: ObjectMeta }>(
          'GET',
          path,
        );
        for (const one of items) onChange('ADDED', one);
        await this.#follow(path, metadata.resourceVersion ?? '', signal, onChange);
      } catch {
        await new Promise((done) => setTimeout(done, 200));
      }
    }
  }

  async #follow(path: string, from: string, signal: AbortSignal, onChange: Watcher): Promise<void> {
    const query = `watch=1&timeoutSeconds=300&resourceVersion=${from}`;
    const response = await this.#ask('GET', `${path}?${query}`, undefined, '', undefined, signal);
    for await (const line of createInterface({ input: response, crlfDelay: Infinity })) {
      const event = JSON.parse(line) as { type: string; object: ApiObject };
      if (event.type === 'ERROR') return;
      onChange(event.type, event.object);
    }
  }

  #ask(
    verb: Verb,
    path: string,
    body: object | string | undefined,
    type: string,
    agent: Agent | undefined,
    signal?: AbortSignal,
  ): Promise<IncomingMessage> {
    const sent = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const options: RequestOptions = {
      method: verb,
      ca: this.access.authority,
      headers: {
        authorization: `Bearer ${this.access.token}`,
        accept: 'application/json, */*',
        // Without its length, Node sends the body of a DELETE in a form that is refused.
        ...(sent !== undefined && {
          'content-type': type,
          'content-length': Buffer.byteLength(sent),
        }),
      },
      ...(agent && { agent }),
      ...(signal && { signal }),
    };
    return new Promise((done, failed) => {
      const outgoing = request(`${this.access.server}${path}`, options, done);
      outgoing.once('error', failed);
      outgoing.end(sent);
    });
  }
}
