// What somebody typed as a message to an incident: checked, sent as an update where a worker answers, else as a signal.
import {
  ApplicationFailure,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { textAt } from '../../domain/json.ts';
import {
  parseIncidentMessage,
  type IncidentMessageName,
} from '../../domain/incident/incident-messages.ts';
import { inWords } from '../as-typed.ts';
import type { CommonOptions } from '../command-options.ts';
import { EXIT, ExitError } from '../exit.ts';
import { numberFlag } from '../flags.ts';
import { actorName } from '../identity.ts';
import { printJson, printText } from '../output/print.ts';
import { hasWorker, withTemporal, type Temporal } from '../temporal/connect.ts';
import { handleOf, incidentName, meant, unknownIncident } from './find.ts';

export interface UpdateFlags extends CommonOptions {
  note?: string;
  severity?: string;
  cause?: string;
  mitigated?: string;
  resolution?: string;
  statusPage?: string;
  link?: string;
  role?: string;
  handover?: string;
  of?: string;
  decline?: string;
  review?: string;
}

export interface FollowUpFlags extends CommonOptions {
  owner?: string;
  due?: string;
  number?: string;
  done?: boolean;
  past?: boolean;
}

const ANSWER_MS = 10_000;

export async function acknowledge(text: string, options: UpdateFlags): Promise<void> {
  await send('acknowledge', text, options, { note: options.note });
}

export async function close(text: string, options: UpdateFlags): Promise<void> {
  const { note, review } = options;
  await send('close', text, options, { note, review });
}

export async function update(text: string, options: UpdateFlags): Promise<void> {
  const { note, severity, cause, mitigated, resolution, statusPage, link } = options;
  const { handover, of, decline, review } = options;
  const fields = { note, severity, cause, mitigated, resolution, status: statusPage, link };
  const role = roleGiven(options.role);
  if (role !== undefined && handover !== undefined) {
    throw new ExitError(
      EXIT.badInput,
      'give a role with --role or hand one over with --handover, not both',
    );
  }
  await send('update', text, options, {
    ...fields,
    ...{ handover, decline, review },
    ...(role ?? { role: of }),
  });
}

/** `communications=eve` */
function roleGiven(text: string | undefined): { role: string; person: string } | undefined {
  if (text === undefined) return undefined;
  const [, role, person] = /^([^=]+)=([^=]+)$/.exec(text) ?? [];
  if (role !== undefined && person !== undefined) return { role, person };
  throw new ExitError(
    EXIT.badInput,
    `--role is "${text}", allowed: ROLE=NAME, for example communications=eve`,
  );
}

export async function followUp(
  incident: string,
  text: string | undefined,
  options: FollowUpFlags,
): Promise<void> {
  const { owner, due, number, done, past } = options;
  const id = number === undefined ? undefined : numberFlag('--number', number);
  await send('followUp', incident, options, { text, id, owner, due, done, past });
}

async function send(
  name: IncidentMessageName,
  text: string,
  options: CommonOptions,
  fields: Record<string, unknown>,
): Promise<void> {
  const actor = actorName(options.as);
  incidentName(text);
  const all: Record<string, unknown> = { actor, ...fields };
  const given = Object.entries(all).filter(([, value]) => value !== undefined);
  const argument: Record<string, unknown> = Object.fromEntries(given);
  // The same check as the workflow's, before anything is sent.
  inWords(() => parseIncidentMessage(name, argument));
  await withTemporal(actor, async (temporal) => {
    const which = await meant(temporal, text);
    const note = await deliver(temporal, which, name, argument);
    const { system, id } = which;
    if (options.json === true) {
      printJson({ incident: `incident/${system}/${id}`, message: name, argument, note });
    } else printText(`${system}/${id}: ${note}`);
  });
}

async function deliver(
  temporal: Temporal,
  which: { system: string; id: string },
  name: IncidentMessageName,
  argument: Record<string, unknown>,
): Promise<string> {
  const handle = handleOf(temporal, which);
  try {
    if (!(await hasWorker(temporal))) {
      await handle.signal(name, argument);
      return 'no worker answered: left as a signal, which one that comes takes if it fits then';
    }
    const answer: unknown = await temporal.client.withDeadline(Date.now() + ANSWER_MS, () =>
      handle.executeUpdate(name, { args: [argument] }),
    );
    return textAt(answer, 'note') ?? 'accepted';
  } catch (error) {
    throw await asExit(temporal, which, error);
  }
}

async function asExit(
  temporal: Temporal,
  which: { system: string; id: string },
  error: unknown,
): Promise<unknown> {
  const name = `${which.system}/${which.id}`;
  if (error instanceof WorkflowNotFoundError) {
    const described = await handleOf(temporal, which)
      .describe()
      .catch(() => undefined);
    if (described === undefined) return unknownIncident(temporal, which);
    return new ExitError(EXIT.refused, `${name} is closed; see "fairlead incident report ${name}"`);
  }
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) {
    const said = `no worker answered within ${ANSWER_MS / 1000} s: it may still arrive, and count`;
    return new ExitError(
      EXIT.noAnswer,
      `${said}; see "fairlead incident show ${name}" before you send it again`,
    );
  }
  if (!(error instanceof WorkflowUpdateFailedError)) return error;
  const { cause } = error;
  const isMalformed = cause instanceof ApplicationFailure && cause.type === 'BadInput';
  return new ExitError(isMalformed ? EXIT.badInput : EXIT.refused, cause?.message ?? error.message);
}
