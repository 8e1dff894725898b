// Datastores whose recovery carries out none of the runbooks that the section `recovery:` names.
import { unfitForRunbooks } from '../../domain/recovery/recovery-defaults.ts';
import { DATASTORES } from '../kinds.ts';
import type { Readable } from '../reading/salvage.ts';
import type { Remark } from '../remark.ts';

export function unreachedCopies({ recovery, datastores }: Readable): Remark[] {
  const named = [
    { path: ['recovery', 'reconcile'], runbook: recovery?.reconcile },
    { path: ['recovery', 'migrate', 'runbook'], runbook: recovery?.migrate?.runbook },
  ].filter(({ runbook }) => runbook !== undefined);
  return Object.entries(datastores).flatMap(([name, { kind, role }]) => {
    const why = unfitForRunbooks(DATASTORES[kind].capabilities.exchange);
    if (role !== 'primary' || why === undefined) return [];
    return named.map(({ path }) => ({ path, message: `is not carried out on ${name}: ${why}` }));
  });
}
