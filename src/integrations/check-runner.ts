// Runs one check of a system file: a request over HTTP, or a command without a shell.
import type { ChecksPort, Waiting } from '../activities/ports.ts';
import type { Check } from '../config/system.ts';
import { Failure } from '../domain/failure.ts';
import { fetchText } from './bounded-fetch.ts';
import { runCommand } from './check-command.ts';

export interface CheckRunnerOptions {
  /** Where a command's PATH, HOME and LANG come from; it gets nothing else. */
  environment: Record<string, string | undefined>;
  /** Takes secrets out: of the whole of an answer or output, before any of it is cut. */
  redact: (text: string) => string;
  /**
   * Marks requests to the service as probes, so that no analysis counts them. It may carry a token:
   * it is sent to the service's own addresses only, never to another URL that a check names.
   */
  probeHeaders?: () => Promise<Record<string, string>>;
}

type Target = Parameters<ChecksPort['run']>[0];

const MAX_BYTES = 1024 * 1024;

export function createCheckRunner(options: CheckRunnerOptions): ChecksPort {
  return {
    async run(target, waiting) {
      const { check } = target;
      if (check.http !== undefined) return runHttp(check.http, target, options, waiting);
      if (check.command !== undefined) {
        return runCommand({
          name: check.name,
          command: check.command.map((part) => filledIn(part, target)),
          directory: target.directory,
          timeoutMs: check.timeout,
          environment: options.environment,
          redact: options.redact,
          signal: waiting.signal,
        });
      }
      throw new Failure('BadInput', `running check ${check.name}: it has neither http nor command`);
    },
  };
}

async function runHttp(
  http: string,
  target: Target,
  options: CheckRunnerOptions,
  { signal }: Waiting,
): Promise<string> {
  const { check } = target;
  const written = filledIn(http, target);
  const url = written.startsWith('/') ? `${target.address}${written}` : written;
  const headers = isOwn(url, target) ? await probeMark(check, options) : {};
  const answer = await fetchText({
    url,
    headers,
    timeoutMs: check.timeout,
    maxBytes: MAX_BYTES,
    signal,
  });
  if ('problem' in answer) {
    const sentence = `GET ${url}: ${answer.problem} (check ${check.name})`;
    throw new Failure(answer.connected ? 'CheckFailed' : 'Unavailable', sentence);
  }
  const said = `GET ${url} answered ${answer.status} in ${answer.ms} ms`;
  const wrong = mismatch(target, answer, options);
  if (wrong === undefined) return said;
  throw new Failure('CheckFailed', `${said}: ${wrong} (check ${check.name})`);
}

/** Without its mark the check would count as a user's request, so it is not sent. */
async function probeMark(
  check: Check,
  { probeHeaders }: CheckRunnerOptions,
): Promise<Record<string, string>> {
  try {
    return (await probeHeaders?.()) ?? {};
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Failure('Unavailable', `marking check ${check.name} as a probe: ${why}`);
  }
}

function mismatch(
  target: Target,
  { status, text }: { status: number; text: string },
  { redact }: CheckRunnerOptions,
): string | undefined {
  const { check } = target;
  if (status !== check.status) return `${check.status} was expected${startOf(redact(text))}`;
  if (check.contains === undefined) return undefined;
  const wanted = filledIn(check.contains, target);
  if (text.includes(wanted)) return undefined;
  return `${JSON.stringify(wanted)} was expected in the answer${startOf(redact(text))}`;
}

function startOf(text: string): string {
  const start = text.trim().slice(0, 200);
  return start === '' ? ', which was empty' : `, which began with ${JSON.stringify(start)}`;
}

/** Of one origin with an address of the service: nothing else may see the probe's headers. */
function isOwn(url: string, { address, url: users }: Target): boolean {
  const origin = originOf(url);
  return origin !== undefined && [address, users].some((own) => originOf(own) === origin);
}

function originOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).origin : undefined;
}

function filledIn(text: string, { address, url, version }: Target): string {
  const values: Record<string, string> = {
    '{address}': address,
    '{url}': url,
    '{version}': version,
  };
  return text.replaceAll(
    /\{(?:address|url|version)\}/g,
    (placeholder) => values[placeholder] ?? '',
  );
}
