// A request that ends: after a time, after so many bytes, or when its caller stops waiting. Follows no redirect.
import { timerOf } from '../domain/time/longest-timer.ts';

export interface FetchInput {
  url: string;
  headers?: Record<string, string>;
  /** With it, this is a POST unless `method` says otherwise. */
  body?: string;
  /** GET without it, where there is no body. */
  method?: string;
  timeoutMs: number;
  maxBytes: number;
  /** For whom a 2xx says it all: no body of one is read, so none can fail. */
  statusIsEnough?: true;
  signal: AbortSignal;
}

export type FetchAnswer =
  /** `wholeBy`: how one knows that nothing of the body is missing; by `nothing` where the connection's end is its end. */
  | { status: number; text: string; ms: number; headers: Headers; wholeBy: 'framing' | 'nothing' }
  /** `connected` is false when nothing at the address took the request; a `status` came before the problem. */
  | { problem: string; connected: boolean; status?: number };

const NOT_CONNECTED =
  /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|bad port|invalid url/i;

/** Throws the signal's reason when aborted, and nothing else. */
export async function fetchText(input: FetchInput): Promise<FetchAnswer> {
  const stop = new AbortController();
  const onAbort = (): void => {
    stop.abort();
  };
  const clock = { late: false };
  const timer = setTimeout(() => {
    clock.late = true;
    stop.abort();
  }, timerOf(input.timeoutMs));
  input.signal.addEventListener('abort', onAbort, { once: true });
  const began = performance.now();
  try {
    input.signal.throwIfAborted();
    const response = await fetch(input.url, {
      headers: input.headers ?? {},
      ...(input.body !== undefined && { method: 'POST', body: input.body }),
      ...(input.method !== undefined && { method: input.method }),
      redirect: 'manual',
      signal: stop.signal,
    });
    const isEnough = response.ok && input.statusIsEnough === true;
    const text = isEnough ? '' : await readText(response, input.maxBytes);
    if (text === undefined) {
      const problem = `it answered more than ${input.maxBytes} bytes`;
      return { problem, connected: true, status: response.status };
    }
    const ms = Math.round(performance.now() - began);
    const { status, headers } = response;
    return { status, text, ms, headers, wholeBy: framingOf(headers) };
  } catch (error) {
    input.signal.throwIfAborted();
    if (clock.late) return { problem: `no answer within ${input.timeoutMs} ms`, connected: true };
    const problem = wordsOf(error);
    return { problem, connected: !NOT_CONNECTED.test(problem) };
  } finally {
    clearTimeout(timer);
    input.signal.removeEventListener('abort', onAbort);
    // Lets go of a connection whose answer is not read to its end.
    stop.abort();
  }
}

function framingOf(headers: Headers): 'framing' | 'nothing' {
  return headers.has('content-length') || headers.has('transfer-encoding') ? 'framing' : 'nothing';
}

async function readText(response: Response, maxBytes: number): Promise<string | undefined> {
  if (response.body === null) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const read of response.body) {
    const chunk: unknown = read;
    if (!(chunk instanceof Uint8Array)) continue;
    size += chunk.byteLength;
    if (size > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** `fetch failed` says nothing: the reason stands in its cause, or in the causes of that. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : error.cause;
  if (inner !== undefined) return wordsOf(inner);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return code === '' || error.message.includes(code) ? error.message : `${code}: ${error.message}`;
}
