// `fairlead approve` and `fairlead reject`: the answers to a gate.
import type { Command } from 'commander';
import type { GateStatus, OperationStatus } from '../../domain/operation/status.ts';
import { Failure } from '../../domain/failure.ts';
import { voteText } from '../../domain/people/signed-vote.ts';
import type { PersonalKey } from '../../integrations/signing.ts';
import { keyFile } from '../records/key.ts';
import { OPERATION_ARGUMENT, withCommon } from '../command-options.ts';
import { EXIT, ExitError } from '../exit.ts';
import type { MessageOptions } from '../operation/send.ts';

interface GateOptions extends MessageOptions {
  gate?: string;
  digest?: string;
  breakGlass?: string;
}

export function register(program: Command): void {
  const approve = program
    .command('approve')
    .argument('<operation>', OPERATION_ARGUMENT)
    .description('say yes to what an operation asks')
    .option(
      '--break-glass <reason>',
      'override the gate; only for those named for it, and an open finding',
    );
  withGate(approve, [
    'approve deploy/shop/api/v2',
    'approve deploy/shop/api/v2 --gate weight-25 --as ana',
    'approve deploy/shop/api/v2 --as ana --print',
    'approve deploy/shop/api/v2 --as ben --break-glass "users cannot pay, v2 repairs it"',
  ]).action(async (operation: string, options: GateOptions) => {
    await answer('approve', operation, options);
  });
  const reject = program
    .command('reject')
    .argument('<operation>', OPERATION_ARGUMENT)
    .description('say no: the operation is undone');
  withGate(reject, ['reject deploy/shop/api/v2 --reason "the error rate of v2 looks odd"']).action(
    async (operation: string, options: GateOptions) => {
      await answer('reject', operation, options);
    },
  );
}

function withGate(command: Command, examples: readonly string[]): Command {
  return withCommon(command, examples)
    .option('--gate <gate>', 'which gate (default: the one that is open)')
    .option('--digest <digest>', 'what exactly is answered (default: what the gate shows now)')
    .option('--reason <text>', 'why, for the record')
    .option('--run <runId>', 'another run than the newest')
    .option(
      '--print',
      'print the JSON to paste, signed where the gate asks for that, and send nothing',
    );
}

async function answer(
  name: 'approve' | 'reject',
  operation: string,
  options: GateOptions,
): Promise<void> {
  const { sendMessage } = await import('../operation/send.ts');
  const key = await ownKey();
  await sendMessage(name, operation, options, (actor, status) => {
    const { breakGlass } = options;
    const answer = { actor, ...whichGate(status, options), breakGlass };
    return { ...answer, signature: signatureOf(name, answer, status, key) };
  });
}

/** The key of whoever runs this, or why there is none: most gates take claims. */
async function ownKey(): Promise<PersonalKey | Failure> {
  const { personalKey } = await import('../../integrations/signing.ts');
  return personalKey(keyFile()).catch((error: unknown) => {
    if (error instanceof Failure) return error;
    throw error;
  });
}

interface Answer {
  actor: string;
  gate?: string | undefined;
  digest?: string | undefined;
  breakGlass?: string | undefined;
}

/** The signature of an answer to a gate that asks for one. Throws ExitError (2) without a key. */
function signatureOf(
  name: 'approve' | 'reject',
  { actor, gate, digest, breakGlass }: Answer,
  status: OperationStatus | undefined,
  key: PersonalKey | Failure,
): string | undefined {
  const run = status?.gates.find(({ id }) => id === gate)?.signedFor;
  if (run === undefined || gate === undefined || digest === undefined) return undefined;
  if (key instanceof Failure) {
    throw new ExitError(EXIT.badInput, `${gate} takes signed answers: ${key.message}`);
  }
  const yes = breakGlass === undefined ? 'approved' : 'overridden';
  const decision = name === 'reject' ? 'rejected' : yes;
  return key.sign(voteText({ gate, run }, digest, { actor, decision }));
}

/** What is answered: as given, else the one open gate as the worker shows it now. A gate that is to open is answered for this run. */
function whichGate(status: OperationStatus | undefined, options: GateOptions) {
  const { gate, digest } = options;
  const open = status?.gates ?? [];
  const meant = gate === undefined ? only(open) : open.find((one) => one.id === gate);
  if (meant !== undefined) return { gate: gate ?? meant.id, digest: digest ?? meant.digest };
  const isEarly = gate !== undefined && digest === undefined;
  return { gate, digest, run: isEarly ? status?.runId : undefined };
}

function only(open: readonly GateStatus[]): GateStatus | undefined {
  if (open.length < 2) return open[0];
  const gates = open.map((one) => one.id).join(', ');
  throw new ExitError(EXIT.badInput, `several gates are open: say which with --gate: ${gates}`);
}
