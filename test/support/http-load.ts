// Keep-alive load on one address: every request and what came of it.
import { Agent, request } from 'node:http';

export interface Answer {
  status: number;
  body: string;
  headers: Record<string, string | string[] | undefined>;
}

/** One request; rejects when the connection breaks. */
export function ask(
  url: string,
  options: { headers?: Record<string, string>; method?: string; body?: string; agent?: Agent } = {},
): Promise<Answer> {
  const { headers = {}, method = 'GET', body, agent } = options;
  return new Promise((done, failed) => {
    const outgoing = request(url, { method, headers, ...(agent && { agent }) }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.once('error', failed);
      response.once('end', () => {
        done({ status: response.statusCode ?? 0, body: text, headers: response.headers });
      });
    });
    outgoing.once('error', failed);
    outgoing.end(body);
  });
}

export class Load {
  readonly statuses = new Map<string, number>();
  readonly #agent = new Agent({ keepAlive: true });
  readonly #lanes: Promise<void>[];
  #running = true;
  total = 0;

  constructor(url: string, lanes = 8, options: Parameters<typeof ask>[1] = {}) {
    const lane = async (): Promise<void> => {
      while (this.#running) {
        const outcome = await ask(url, { ...options, agent: this.#agent }).then(
          (answer) => String(answer.status),
          (error: unknown) => String(error),
        );
        this.total += 1;
        this.statuses.set(outcome, (this.statuses.get(outcome) ?? 0) + 1);
      }
    };
    this.#lanes = Array.from({ length: lanes }, lane);
  }

  /** Ends the load and says what came back, by status or error. */
  async stop(): Promise<Record<string, number>> {
    this.#running = false;
    await Promise.all(this.#lanes);
    this.#agent.destroy();
    return Object.fromEntries(this.statuses);
  }
}
