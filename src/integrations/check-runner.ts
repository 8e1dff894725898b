// Runs one check of a system file: a request over HTTP, or a command without a shell.
import type { CheckInput, ChecksPort } from '../ports/checks.ts';
import type { Waiting } from '../ports/waiting.ts';
import { Failure } from '../domain/failure.ts';
import { fetchText } from './bounded-fetch.ts';
import { runCommand } from './check-command.ts';

export interface CheckRunnerOptions {
  /** Where a command's PATH, HOME and LANG come from; it gets nothing else. */
  environment: Record<string, string | undefined>;
  /** Takes secrets out: of the whole of an answer or output, before any of it is cut. */
  redact: (text: string) => string;
}

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
          ...(check.contains !== undefined && { contains: filledIn(check.contains, target) }),
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
  target: CheckInput,
  options: CheckRunnerOptions,
  { signal }: Waiting,
): Promise<string> {
  const { check } = target;
  const written = filledIn(http, target);
  const url = written.startsWith('/') ? `${target.address}${written}` : written;
  const headers = isOwn(url, target) ? await probeMark(target) : {};
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
  if (wrong === undefined) {
    const stranger = written.startsWith('/') ? strangerIn(target, answer) : undefined;
    if (stranger === undefined) return said;
    throw new Failure('Unavailable', `${said}, but ${stranger} (check ${check.name})`);
  }
  throw new Failure('CheckFailed', `${said}, ${wrong} (check ${check.name})`);
}

/** Who answered instead of the revision under test: its answer says nothing of that one. */
function strangerIn(
  { reached }: CheckInput,
  { headers }: { headers: Headers },
): string | undefined {
  if (reached === undefined) return undefined;
  const by = headers.get(reached.header);
  if (by === reached.revision) return undefined;
  const who = by === null ? 'the platform itself' : `revision ${by}`;
  return `${who} answered, and not ${reached.revision}`;
}

/** Without its mark the check would count as a user's request, so it is not sent. */
async function probeMark({ check, headers }: CheckInput): Promise<Record<string, string>> {
  try {
    return await headers();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Failure('Unavailable', `marking check ${check.name} as a probe: ${why}`);
  }
}

function mismatch(
  target: CheckInput,
  { status, text }: { status: number; text: string },
  { redact }: CheckRunnerOptions,
): string | undefined {
  const { check } = target;
  if (status !== check.status) return `and ${check.status} was expected${startOf(redact(text))}`;
  if (check.contains === undefined) return undefined;
  const wanted = filledIn(check.contains, target);
  if (text.includes(wanted)) return undefined;
  return `and ${JSON.stringify(wanted)} was expected in the answer${startOf(redact(text))}`;
}

function startOf(text: string): string {
  const start = text.trim().slice(0, 200);
  return start === '' ? ', which was empty' : `, which began with ${JSON.stringify(start)}`;
}

/** True when `url` has one origin with an address of the service: nothing else may see the probe's headers. */
function isOwn(url: string, { address, url: users }: CheckInput): boolean {
  const origin = originOf(url);
  return origin !== undefined && [address, users].some((own) => originOf(own) === origin);
}

function originOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).origin : undefined;
}

function filledIn(text: string, { address, url, version }: CheckInput): string {
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
