// Maintenance windows for tests: one whose work is a runbook of these steps, and the work once it has begun.
import type { WorkflowHandle } from '@temporalio/client';
import { runbookSchema } from '../../src/config/steps/runbook-schema.ts';
import { digestOf } from '../../src/domain/digest.ts';
import { freshName, untilStatus } from './operations.ts';
import type { Shop } from './shop.ts';

export type Steps = Record<string, unknown>[];

export async function maintain(
  { ports, start }: Shop,
  system: string,
  steps: Steps,
  request: object = {},
): Promise<WorkflowHandle> {
  const name = freshName('work');
  const runbook = runbookSchema.parse({ title: 'A test', leases: ['api'], steps });
  const file = `systems/${system}/runbooks/${name}.yaml`;
  ports.steps.written.set(name, { name, file, digest: digestOf(runbook), runbook });
  const asked = { system, runbook: name, requestedBy: 'ana', reason: 'a test', ...request };
  return start('maintenanceWindow', asked, `maintain/${system}`);
}

export const change = (id: string, more: object = {}) => ({
  id,
  do: { command: ['make', id], check: 'none', why: 'twice is fine' },
  undo: { command: ['unmake', id] },
  ...more,
});

/** The newest child of a step that is open. */
export async function openChild(
  { worker }: Shop,
  handle: WorkflowHandle,
  operation: RegExp,
): Promise<WorkflowHandle> {
  const isIt = (one: { operation: string; outcome?: string }): boolean =>
    operation.test(one.operation) && one.outcome === undefined;
  const { children = [] } = await untilStatus(handle, ({ children: all = [] }) => all.some(isIt));
  const { workflowId = '', runId } = children.findLast(isIt) ?? {};
  return worker.client.workflow.getHandle(workflowId, runId);
}

export const workOf = (shop: Shop, handle: WorkflowHandle): Promise<WorkflowHandle> =>
  openChild(shop, handle, /^run\//);
