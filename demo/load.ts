// Users for the demo: keep-alive HTTP clients that write down what each of their requests saw.
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { parsedJson, textAt } from '../src/domain/json.ts';

export interface LoadAnswer {
  startedAt: number;
  endedAt: number;
  /** The version that answered; empty when the answer names none. */
  version: string;
  /** 0 when the connection broke. */
  status: number;
}

const CLIENTS = 8;
/** Between two requests of one client. */
const PAUSE_MS = 30;
const PATIENCE_MS = 10_000;
const PATHS = ['/api/portfolio', '/api/loans?limit=5'];
/** Told apart by their cookie, where a part of the users is let in. */
const USERS = 200;

export interface Load {
  /** Grows while the load runs. */
  answers: readonly LoadAnswer[];
  /** Lets open requests finish. */
  stop(): Promise<void>;
}

export interface LoadOptions {
  /** Between two requests of one client (ms). */
  pauseMs?: number;
  /** Asked in turn. */
  paths?: readonly string[];
}

export function startLoad(
  url: string,
  { pauseMs = PAUSE_MS, paths = PATHS }: LoadOptions = {},
): Load {
  const answers: LoadAnswer[] = [];
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  const stopping = new AbortController();
  const client = async (): Promise<void> => {
    for (let count = 0; !stopping.signal.aborted; count += 1) {
      const cookie = `fairlead-client=${Math.floor(Math.random() * USERS)}`;
      answers.push(await ask(agent, `${url}${paths[count % paths.length] ?? '/'}`, cookie));
      await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  const clients = Array.from({ length: CLIENTS }, client);
  return {
    answers,
    async stop() {
      stopping.abort();
      await Promise.all(clients);
      agent.destroy();
    },
  };
}

function ask(agent: Agent, url: string, cookie: string): Promise<LoadAnswer> {
  const startedAt = Date.now();
  return new Promise((done) => {
    const end = (version: string, status: number): void => {
      done({ startedAt, endedAt: Date.now(), version, status });
    };
    const outgoing = request(
      url,
      { agent, timeout: PATIENCE_MS, headers: { cookie } },
      (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => (body += text));
        response.once('error', () => {
          end(versionIn(body), 0);
        });
        response.once('end', () => {
          end(versionIn(body), response.statusCode ?? 0);
        });
      },
    );
    outgoing.once('timeout', () => outgoing.destroy());
    outgoing.once('error', () => {
      end('', 0);
    });
    outgoing.end();
  });
}

function versionIn(body: string): string {
  return textAt(parsedJson(body), 'version') ?? '';
}
