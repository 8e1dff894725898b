// A real Prometheus server on a free port with a data folder of its own, for as long as a test file runs.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { z } from 'zod';
import { findDebianProgram } from './debian-program.ts';
import { freePort } from './free-ports.ts';
import { startServer } from './datastores/server-process.ts';

export interface TestPrometheus {
  /** No trailing slash. */
  url: string;
  /** What a query gives now, as the API says it; for waiting until something was scraped. */
  ask: (query: string) => Promise<unknown[]>;
  stop: () => Promise<void>;
}

export function skipWithoutPrometheus(
  t: TestContext,
  server: TestPrometheus | undefined,
): server is undefined {
  if (server !== undefined) return false;
  t.skip('missing part: prometheus (looked on PATH and in the cache; npm run parts gets it)');
  return true;
}

/** Of the package that the server comes from; undefined where there is none. */
export function findPromtool(): string | undefined {
  const server = findDebianProgram('prometheus');
  return server === undefined ? undefined : join(dirname(server), 'promtool');
}

export interface PrometheusOptions {
  interval?: string;
  port?: number;
  /** Files with alert rules. */
  rules?: readonly string[];
  /** JSON files of further targets, which may change (`file_sd_configs`). */
  files?: readonly string[];
}

/** Scrapes targets (`host:port`, under the path /metrics) by job; undefined where there is no Prometheus. */
export async function startPrometheus(
  targets: readonly string[] | Readonly<Record<string, readonly string[]>>,
  { interval = '250ms', port, rules = [], files = [] }: PrometheusOptions = {},
): Promise<TestPrometheus | undefined> {
  const program = findDebianProgram('prometheus');
  if (program === undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-prometheus-'));
  const url = `http://127.0.0.1:${port ?? (await freePort())}`;
  const jobs = Object.entries(isList(targets) ? { test: targets } : targets);
  const config = {
    global: { scrape_interval: interval, scrape_timeout: interval, evaluation_interval: interval },
    rule_files: rules,
    scrape_configs: [
      ...jobs.map(([name, some]) => ({ job_name: name, static_configs: [{ targets: some }] })),
      ...(files.length > 0
        ? [{ job_name: 'files', file_sd_configs: [{ files, refresh_interval: '1s' }] }]
        : []),
    ],
  };
  // JSON is YAML too.
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config));
  const { stop } = await startServer({
    name: 'Prometheus',
    program,
    args: [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${url.replace('http://', '')}`,
    ],
    folder,
    answers: () =>
      fetch(`${url}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      ),
  });
  return { url, stop, ask: (query) => ask(url, query) };
}

function isList(targets: unknown): targets is readonly string[] {
  return Array.isArray(targets);
}

const answer = z.looseObject({ data: z.looseObject({ result: z.array(z.unknown()) }) });

async function ask(url: string, query: string): Promise<unknown[]> {
  const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(query)}`);
  return answer.parse(await response.json()).data.result;
}
