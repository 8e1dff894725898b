// Which workflow a deploy is: by --strategy, else as the system file says, which a worker is asked for.
import type { OperationKind } from '../domain/plan.ts';
import { isSystemStatus } from './answers.ts';
import { EXIT, ExitError } from './exit.ts';
import { inspect } from './inspect.ts';
import type { KindChoice } from './start.ts';

const KINDS: ReadonlyMap<string, OperationKind> = new Map([
  ['canary', 'canaryDeploy'],
  ['blue-green', 'blueGreenDeploy'],
]);

export function kindOf(
  strategy: string | undefined,
  { system, service }: { system: string; service: string },
): KindChoice {
  if (strategy !== undefined) return known(strategy);
  return {
    else: 'canaryDeploy',
    ask: async (temporal) => {
      // Without an answer the operation itself says what is wrong.
      const status = await inspect(temporal, { system }).catch(() => undefined);
      const theirs = isSystemStatus(status) ? status.services[service]?.strategy : undefined;
      return theirs === undefined ? 'canaryDeploy' : known(theirs);
    },
  };
}

function known(strategy: string): OperationKind {
  const kind = KINDS.get(strategy);
  if (kind !== undefined) return kind;
  const allowed = [...KINDS.keys()].join(', ');
  throw new ExitError(EXIT.badInput, `--strategy is "${strategy}", allowed: ${allowed}`);
}
