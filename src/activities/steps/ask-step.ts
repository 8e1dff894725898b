// What looks, checks and changes of a runbook of steps ask: a command, an address, a datastore, the logs of a service.
import type { Look, StepChange, StepCheck } from '../../config/steps/runbook-schema.ts';
import { digestOf } from '../../domain/digest.ts';
import { Failure } from '../../domain/failure.ts';
import type { LoadedSystem } from '../../domain/loaded-system.ts';
import { serviceTarget } from '../../domain/rollout/service-target.ts';
import { wayWords } from '../../domain/steps/plan-of-steps.ts';
import { durationText } from '../../domain/text/duration-text.ts';
import { reasonIn } from '../../domain/text/reason-line.ts';
import type { DatastoreRef } from '../../ports/backups.ts';
import type { Clock } from '../../ports/clock.ts';
import type { CommandEnd, CommandsPort } from '../../ports/steps/commands.ts';
import type { HttpAnswer, HttpPort } from '../../ports/steps/http.ts';
import type { KeptFilesPort } from '../../ports/steps/kept-files.ts';
import type { QueriesPort, QueryRows } from '../../ports/steps/queries.ts';
import type { Redactor } from '../../ports/redactor.ts';
import type { Call } from '../call.ts';
import { beatWhile } from '../judging/beat-while.ts';
import { trafficOf, type Platforms } from '../platforms.ts';

/** Where steps ask: their system, and the marks of their commands. */
export interface Asking {
  loaded: LoadedSystem;
  call: Call;
  ports: AskPorts;
}

export interface AskPorts {
  commands: CommandsPort;
  http: HttpPort;
  queries: QueriesPort;
  keptFiles: KeptFilesPort;
  platforms: Platforms;
  redactor: Pick<Redactor, 'redact'>;
  clock: Clock;
}

type Asked = Pick<Look, 'command' | 'environment' | 'http' | 'service' | 'query'>;

/** What came back, before anybody says whether that is good. */
export type CameBack =
  | { by: 'command'; end: CommandEnd }
  | { by: 'http'; url: string; answer: HttpAnswer }
  | { by: 'query'; rows: QueryRows };

const LONGEST_SAID = 600;

/** Throws Unavailable, NotReady or CheckFailed where nothing came back, and BadInput. */
export async function askFor(asking: Asking, asked: Asked, timeoutMs: number): Promise<CameBack> {
  const { call, ports } = asking;
  return beatWhile(askOnce(asking, asked, timeoutMs), ports.clock, call);
}

async function askOnce(asking: Asking, asked: Asked, timeoutMs: number): Promise<CameBack> {
  const { call, ports } = asking;
  const { command, environment = {}, http, service, query } = asked;
  if (command !== undefined) {
    return { by: 'command', end: await runOnce(asking, { command, environment }, timeoutMs) };
  }
  if (http !== undefined) {
    const { url, headers } = await addressOf(asking, http, service);
    const answer = await ports.http.send({ url, method: 'GET', headers, timeoutMs }, call);
    return { by: 'http', url, answer };
  }
  if (query === undefined) throw new Failure('Broken', 'a step that asks nothing');
  const store = storeOf(asking.loaded, query.datastore);
  return { by: 'query', rows: await ports.queries.look({ store, query, timeoutMs }, call) };
}

async function runOnce(
  { loaded, call, ports }: Asking,
  { command, environment }: Required<Pick<Asked, 'command' | 'environment'>>,
  timeoutMs: number,
  permit?: () => Promise<void>,
): Promise<CommandEnd> {
  const { directory } = loaded;
  const asked = { command, directory, environment, timeoutMs, mark: markOf(call, command) };
  return ports.commands.run({ ...asked, ...(permit && { permit }) }, call);
}

/** What a command of a step is found again by: the same in every attempt of one run at it. */
export function markOf(
  { run, step }: Pick<Call, 'run' | 'step'>,
  command: readonly string[],
): string {
  return digestOf([run.workflowId, run.runId, step, command]).slice(0, 32);
}

/** What is sent along to a service of our own says that no user asks. */
async function addressOf(
  { loaded, call, ports }: Asking,
  http: string,
  service: string | undefined,
): Promise<{ url: string; headers: Record<string, string> }> {
  if (service === undefined) return { url: http, headers: {} };
  const target = serviceTarget(loaded, service);
  const traffic = trafficOf(ports.platforms, target);
  const { url } = await traffic.read(target, call);
  if (url === '') {
    const message = `${http} of ${loaded.name}/${service}: nothing of it is deployed, so it has no address; deploy it first`;
    throw new Failure('NotReady', message);
  }
  return { url: `${url.replace(/\/$/, '')}${http}`, headers: await traffic.mark(target, call) };
}

export function storeOf(
  { name, directory, system }: LoadedSystem,
  datastore: string,
): DatastoreRef {
  const settings = system.datastores?.[datastore];
  if (settings === undefined) {
    throw new Failure('NotFound', `asking ${datastore}: ${name} has no such datastore`);
  }
  return { system: name, datastore, directory, settings };
}

/**
 * Carries a change out once; answers with a sentence. `permit` is asked last of all before it. Throws what that throws, CheckFailed,
 * Unavailable, NotReady, BadInput.
 */
export async function makeOnce(
  asking: Asking,
  change: StepChange,
  { timeoutMs, permit }: { timeoutMs: number; permit: () => Promise<void> },
): Promise<string> {
  const { call, ports, loaded } = asking;
  const { command, environment = {}, http, service, query } = change;
  const making = async (): Promise<string> => {
    if (command !== undefined) {
      const end = await runOnce(asking, { command, environment }, timeoutMs, permit);
      return succeeded(asking, wayWords({ command }), end, timeoutMs);
    }
    if (http !== undefined) {
      const { url, headers } = await addressOf(asking, http.url, service);
      const own = { ...(http.headers ?? {}), ...headers };
      const request = { ...http, url, headers: own, directory: loaded.directory, timeoutMs };
      await permit();
      const answer = await ports.http.send(request, call);
      const said = `${http.method} ${url} answered ${answer.status} in ${answer.ms} ms`;
      if (answer.status < 300) return said;
      throw new Failure('CheckFailed', `${said}${beginning(asking, answer.text)}`);
    }
    if (query === undefined) throw new Failure('Broken', 'a step that changes nothing');
    const store = storeOf(loaded, query.datastore);
    await permit();
    const { rows } = await ports.queries.change({ store, query, timeoutMs }, call);
    return `${wayWords({ query })}: ${rows} rows`;
  };
  return beatWhile(making(), ports.clock, call);
}

function succeeded(asking: Asking, shown: string, end: CommandEnd, timeoutMs: number): string {
  if (end.exitCode === 0) return `${shown} exited with 0 in ${end.ms} ms`;
  const { reason } = reasonIn(
    asking.ports.redactor.redact(end.printed).trim().slice(-LONGEST_SAID),
  );
  const said = `${shown} ${endedHow(end, timeoutMs)}`;
  throw new Failure(
    'CheckFailed',
    reason === '' ? `${said}; it printed nothing` : `${reason} (${said})`,
  );
}

/** `exited with 1`, as the rest of a sentence. */
export function endedHow({ late, exitCode, signal }: CommandEnd, timeoutMs: number): string {
  if (late) return `did not end within ${durationText(timeoutMs)} and was stopped`;
  return exitCode === undefined
    ? `was ended by ${signal ?? 'a signal'}`
    : `exited with ${exitCode}`;
}

/** Whether a check passes. */
export interface Checked {
  passes: boolean;
  /** A sentence. */
  said: string;
}

/** Throws what keeps it from being asked at all. */
export async function checkOnce(asking: Asking, check: StepCheck): Promise<Checked> {
  const back = await askFor(asking, check, check.timeout);
  switch (back.by) {
    case 'command': {
      const said = `${wayWords(check)} ${endedHow(back.end, check.timeout)}`;
      return containing(asking, check, back.end.exitCode === 0, said, back.end.printed);
    }
    case 'http': {
      const { answer, url } = back;
      const said = `GET ${url} answered ${answer.status}`;
      const isFine = answer.status === (check.status ?? 200);
      return containing(asking, check, isFine, said, answer.text);
    }
    case 'query': {
      const [[value, ...columns] = [null], ...rows] = back.rows.rows;
      if (columns.length + rows.length > 0) {
        throw new Failure(
          'CheckFailed',
          `${wayWords(check)} gives several values, and a check has to give one: true or false`,
        );
      }
      const passes = value === 't' || value === 'true';
      return { passes, said: `${wayWords(check)} gives ${value ?? 'nothing'}` };
    }
  }
}

function containing(
  asking: Asking,
  { contains }: StepCheck,
  isFine: boolean,
  said: string,
  text: string,
): Checked {
  if (!isFine) return { passes: false, said: `${said}${beginning(asking, text)}` };
  if (contains === undefined || text.includes(contains)) return { passes: true, said };
  return { passes: false, said: `${said}, and ${JSON.stringify(contains)} was expected in it` };
}

function beginning({ ports }: Asking, text: string): string {
  const start = ports.redactor.redact(text).trim().replaceAll(/\s+/g, ' ').slice(0, 200);
  return start === '' ? '' : `: ${start}`;
}
