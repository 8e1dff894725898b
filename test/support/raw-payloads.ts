// Sends what no well-behaved client sends: payloads as they are, through the raw service.
import { randomUUID } from 'node:crypto';
import type { Client, WorkflowHandle } from '@temporalio/client';

export interface RawPayload {
  metadata: Record<string, Uint8Array>;
  data: Uint8Array;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const encoded = (encoding: string, text: string): RawPayload => ({
  metadata: { encoding: bytes(encoding) },
  data: bytes(text),
});
const json = (value: unknown): RawPayload => encoded('json/plain', JSON.stringify(value));

/** What people and their tools get wrong; `undefined` stands for no argument at all. */
export const NONSENSE: Record<string, RawPayload | undefined> = {
  nothing: undefined,
  null: encoded('binary/null', ''),
  'a text': json('x'),
  'an empty list': json([]),
  'an empty object': json({}),
  'wrong types': json({ system: 7, service: [], actor: {}, reason: false }),
  'unknown fields': json({ sytem: 'shop', actorr: 'ana' }),
  'prototype names': encoded('json/plain', '{"__proto__":{"x":1},"constructor":1}'),
  'a number': json(3),
  'an unknown encoding': encoded('binary/unknown', '\u0000\u0001'),
  'no encoding': { metadata: {}, data: bytes('{}') },
  'broken JSON': encoded('json/plain', '{"system": "sho'),
  '100 kB of text': json('x'.repeat(100_000)),
  '100 kB in a field': json({ system: 'x'.repeat(100_000), actor: 'x'.repeat(100_000) }),
};

const wrapped = (payload: RawPayload | undefined) => ({
  payloads: payload === undefined ? [] : [payload],
});

export async function startRaw(
  client: Client,
  taskQueue: string,
  type: string,
  payload: RawPayload | undefined,
): Promise<WorkflowHandle> {
  const workflowId = `nonsense-${randomUUID()}`;
  await client.workflowService.startWorkflowExecution({
    namespace: 'default',
    workflowId,
    workflowType: { name: type },
    taskQueue: { name: taskQueue },
    input: wrapped(payload),
    requestId: randomUUID(),
  });
  return client.workflow.getHandle(workflowId);
}

export async function signalRaw(
  client: Client,
  { workflowId }: WorkflowHandle,
  signalName: string,
  payload: RawPayload | undefined,
): Promise<void> {
  await client.workflowService.signalWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId },
    signalName,
    input: wrapped(payload),
    requestId: randomUUID(),
  });
}

/** The sentence that the update was refused with; `undefined` when it was accepted. */
export async function updateRaw(
  client: Client,
  { workflowId }: WorkflowHandle,
  name: string,
  payload: RawPayload | undefined,
): Promise<string | undefined> {
  const { outcome } = await client.workflowService.updateWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId },
    // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- COMPLETED; the enum is not exported
    waitPolicy: { lifecycleStage: 3 },
    request: { meta: { updateId: randomUUID() }, input: { name, args: wrapped(payload) } },
  });
  return outcome?.failure?.message ?? undefined;
}

/** The sentence that a query failed with; `undefined` when it was answered. */
export async function queryRaw(
  client: Client,
  { workflowId }: WorkflowHandle,
  queryType: string,
  payload: RawPayload | undefined,
): Promise<void> {
  await client.workflowService.queryWorkflow({
    namespace: 'default',
    execution: { workflowId },
    query: { queryType, queryArgs: wrapped(payload) },
  });
}

/** Causes of every failed workflow task but a message that raced the end, with what the SDK said. */
export async function failedTasks(handle: WorkflowHandle): Promise<string[]> {
  const { events } = await handle.fetchHistory();
  const UNHANDLED_COMMAND = 1;
  return (events ?? []).flatMap(({ workflowTaskFailedEventAttributes: failed }) =>
    failed != null && Number(failed.cause) !== UNHANDLED_COMMAND
      ? [`${String(failed.cause)}: ${failed.failure?.message ?? ''}`]
      : [],
  );
}
