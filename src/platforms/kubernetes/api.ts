// Requests to one API server. What passes by itself (no answer, 429, 5xx) is asked again here; everything else comes back as
// an `ApiError`, which `failureOf` puts into words.
import {
  request as overHttp,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type RequestOptions,
} from 'node:http';
import { request as overHttps } from 'node:https';
import { text as readAll } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure, type FailureKind } from '../../domain/failure.ts';
import { parsedJson, textAt } from '../../domain/json.ts';
import type { Connection } from './connect.ts';

export interface ApiRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With the query, from `/api` or `/apis`. */
  path: string;
  body?: unknown;
  /** Of a PATCH; `apply` is a server-side apply. */
  patch?: 'merge' | 'strategic' | 'apply';
  /** The answer is a text, and no JSON. */
  text?: true;
}

/** What an API server said instead of doing what was asked. */
export class ApiError extends Error {
  readonly status: number;
  /** Kubernetes' own word, such as `Conflict`, `AlreadyExists`, `Forbidden`. */
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

export interface Api {
  /** The answer's JSON; for logs, its text. Throws ApiError, and Unavailable when no answer came for 20 s. */
  ask(request: ApiRequest, signal: AbortSignal): Promise<unknown>;
}

const ANSWER_MS = 15_000;
/** How long what passes by itself is asked again; the activity asks again after that. */
const AGAIN_MS = 20_000;
/** One that has just come back does not know yet who may do what, and refuses everybody. */
const STARTING_MS = 60_000;
const PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 2_000;
const PATCHES = {
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

export function createApi(connection: Connection): Api {
  let awayAt = -Infinity;
  const passes = ({ status }: ApiError): boolean =>
    status === 429 || status >= 500 || (status === 403 && performance.now() - awayAt < STARTING_MS);
  return {
    async ask(request, signal) {
      const until = performance.now() + AGAIN_MS;
      let refused = false;
      for (let tries = 0; ; tries += 1) {
        signal.throwIfAborted();
        const answer = await send(connection, request, signal);
        if ('value' in answer) return answer.value;
        if (answer.error?.status === 401 && !refused) {
          refused = true;
          connection.forget();
          continue;
        }
        if (answer.error === undefined) awayAt = performance.now();
        else if (!passes(answer.error)) throw answer.error;
        const pause = answer.after ?? Math.min(PAUSE_MS * 2 ** tries, LONGEST_PAUSE_MS);
        if (performance.now() + pause > until) throw unavailable(request, answer);
        await sleep(pause, undefined, { signal });
      }
    },
  };
}

/** What came of one request: a value, or what may be otherwise the next time. */
type Answer =
  | { value: unknown }
  | { error?: ApiError; problem?: string; /** When to ask again (ms). */ after?: number };

async function send(
  connection: Connection,
  request: ApiRequest,
  signal: AbortSignal,
): Promise<Answer> {
  const { url, options } = await connection.sign(request.path);
  try {
    const response = await open(url, options, request, signal);
    const said = await readAll(response);
    const status = response.statusCode ?? 0;
    const value = request.text === true ? said : parsedJson(said);
    if (status < 300) return { value };
    const after = Number(response.headers['retry-after']);
    return {
      error: new ApiError(
        status,
        textAt(value, 'reason') ?? '',
        textAt(value, 'message') ?? said.trim().slice(0, 300),
      ),
      ...(after > 0 && { after: after * 1000 }),
    };
  } catch (error) {
    signal.throwIfAborted();
    return { problem: `${url.host}: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function open(
  url: URL,
  options: RequestOptions,
  { method, body, patch }: ApiRequest,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const sent = body === undefined ? '' : JSON.stringify(body);
  const type = method === 'PATCH' ? PATCHES[patch ?? 'merge'] : 'application/json';
  return new Promise((done, failed) => {
    const outgoing = (url.protocol === 'https:' ? overHttps : overHttp)(url, {
      ...options,
      method,
      headers: {
        ...headersOf(options),
        accept: 'application/json',
        // Without a length Node sends the body of a DELETE unframed, and the server refuses it.
        ...(body !== undefined && {
          'content-type': type,
          'content-length': Buffer.byteLength(sent),
        }),
      },
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
    });
    outgoing.once('error', failed);
    outgoing.once('response', done);
    outgoing.end(sent);
  });
}

/** Node takes a list of names and values too; the library that signs gives a record. */
function headersOf({ headers }: RequestOptions): OutgoingHttpHeaders {
  return headers === undefined || isList(headers) ? {} : headers;
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function unavailable({ method, path }: ApiRequest, answer: Exclude<Answer, { value: unknown }>) {
  const { error, problem } = answer;
  const said = error === undefined ? (problem ?? '') : `${error.status} ${error.message}`;
  return new Failure(
    'Unavailable',
    `${method} ${path.split('?')[0]}: no answer of the API server for ${AGAIN_MS / 1000} s (${said}); see whether it runs`,
  );
}

const KINDS: Readonly<Record<number, FailureKind>> = {
  400: 'BadInput',
  401: 'Unavailable',
  403: 'Refused',
  404: 'NotFound',
  409: 'Unavailable',
  422: 'BadInput',
};
const ADVICE: Readonly<Record<number, string>> = {
  401: 'the credentials of the worker were refused: renew them',
  403: 'give the worker the rights of the Role that Fairlead ships, or look at the quota or the webhook that is named',
  409: 'somebody else changes it at the same time',
};

/** What the API server refused, as a Failure; a Failure stays one. */
export function failureOf(what: string, error: unknown): unknown {
  if (!(error instanceof ApiError)) return error;
  const advice = ADVICE[error.status];
  return new Failure(
    KINDS[error.status] ?? 'Broken',
    `${what}: the API server answered ${error.status} ${error.message}${advice === undefined ? '' : `; ${advice}`}`,
  );
}

export function isStatus(error: unknown, status: number): error is ApiError {
  return error instanceof ApiError && error.status === status;
}
