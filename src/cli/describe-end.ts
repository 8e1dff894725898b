// Anything that was thrown -> the sentence for people and the exit code. A bug shows its stack only when asked.
import { Failure } from '../domain/failure.ts';
import { EXIT, ExitError } from './exit.ts';
import { exitCodeOfKind } from './operation/outcome-code.ts';
import { clean, shown } from './output/print.ts';

/** gRPC status codes that mean that Temporal does not answer: deadline exceeded, unavailable. */
const NO_ANSWER: ReadonlySet<unknown> = new Set([4, 14]);

export function describeEnd(
  error: unknown,
  env: NodeJS.ProcessEnv,
): { code: number; message: string } {
  if (error instanceof ExitError) return { code: error.code, message: shown(error.message) };
  if (error instanceof Failure)
    return { code: exitCodeOfKind(error.kind), message: shown(error.message) };
  if (NO_ANSWER.has(grpcCode(error))) {
    const message = `Temporal does not answer any more: ${sentence(error)}`;
    return { code: EXIT.noAnswer, message };
  }
  const debug = env['FAIRLEAD_DEBUG'] ?? '';
  const stack = error instanceof Error && debug !== '' ? `\n${error.stack ?? ''}` : '';
  const hint = debug === '' ? ' (set FAIRLEAD_DEBUG=1 to see where)' : '';
  return {
    code: EXIT.bug,
    message: `this is a bug in fairlead: ${sentence(error)}${hint}${stack}`,
  };
}

function sentence(error: unknown): string {
  if (!(error instanceof Error)) return clean(String(error));
  const because = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return clean(`${error.message}${because}`);
}

/** Temporal's client wraps the errors of gRPC as causes. */
function grpcCode(error: unknown): unknown {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'number') return at.code;
  }
  return undefined;
}
