// What is open now, asked of Temporal: operations from the visibility store, when their gates opened from the
// operations themselves, the task queue's backlog from the server. Asked every 15 s (gauges.ts).
import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { isRecord } from '../domain/json.ts';
import { OPEN_STATES } from '../domain/operation/watched.ts';
import { OPERATION_TYPES } from '../runbooks/index.ts';
import { ANY_OPERATION } from '../workflows/messages.ts';

export type OpenState = (typeof OPEN_STATES)[number];

export interface OpenOperation {
  workflowId: string;
  runId: string;
  /** The workflow type of its runbook. */
  kind: string;
  state: OpenState;
  /** What it is about: `shop/api`; absent where the operation has not said it yet. */
  target?: string;
  /** When it began (ms). */
  startedAt: number;
}

/** Operations that are read at most; more are counted as so many. */
const MOST = 5000;
const PAGE = 500;
const ASK_WITHIN_MS = 2000;

export async function openOperations(client: Client): Promise<OpenOperation[]> {
  const query = `${ANY_OPERATION} AND ExecutionStatus = "Running"`;
  const found: OpenOperation[] = [];
  for await (const info of client.workflow.list({ query, pageSize: PAGE })) {
    const one = operationOf(info);
    if (one !== undefined) found.push(one);
    if (found.length >= MOST) break;
  }
  return found;
}

/** An operation that no worker has looked at yet has no search attributes: it counts as running. */
function operationOf(info: WorkflowExecutionInfo): OpenOperation | undefined {
  const named = attribute(info, 'FairleadKind') ?? info.type;
  const kind = OPERATION_TYPES.find((one) => one === named);
  if (kind === undefined) return undefined;
  const { workflowId, runId } = info;
  const said = attribute(info, 'FairleadState');
  const state = OPEN_STATES.find((one) => one === said) ?? 'running';
  const target = attribute(info, 'FairleadTarget');
  return {
    ...{ workflowId, runId, kind, state, startedAt: info.startTime.getTime() },
    ...(typeof target === 'string' && { target }),
  };
}

function attribute(info: WorkflowExecutionInfo, name: string): unknown {
  return info.typedSearchAttributes.getAll().find((pair) => pair.key.name === name)?.value;
}

/** When the gate that an operation waits at was opened (ms); nothing when it waits no more or nobody answers. */
export async function gateOpenedAt(
  client: Client,
  { workflowId, runId }: Pick<OpenOperation, 'workflowId' | 'runId'>,
): Promise<number | undefined> {
  const handle = client.workflow.getHandle(workflowId, runId);
  const status: unknown = await client.withDeadline(Date.now() + ASK_WITHIN_MS, () =>
    handle.query('status'),
  );
  const gates: unknown[] =
    isRecord(status) && Array.isArray(status['gates']) ? status['gates'] : [];
  const times = gates
    .map((gate) => (isRecord(gate) ? Date.parse(String(gate['openedAt'])) : NaN))
    .filter(Number.isFinite);
  return times.length === 0 ? undefined : Math.min(...times);
}

/** Numbers of Temporal's enum TaskQueueType. */
const QUEUES = { workflow: 1, activity: 2 } as const;
export type QueueType = keyof typeof QUEUES;

export interface QueueState {
  type: QueueType;
  /** How many workers asked for tasks in the last minutes. */
  pollers: number;
  /** How many tasks no worker has taken yet. */
  backlog: number;
}

export async function queueStates(client: Client, name: string): Promise<QueueState[]> {
  const { namespace } = client.options;
  return await Promise.all(
    (['workflow', 'activity'] as const).map(async (type) => {
      const { pollers, stats } = await client.workflowService.describeTaskQueue({
        namespace,
        taskQueue: { name },
        // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- the package with its names is not ours to import
        taskQueueType: QUEUES[type],
        reportStats: true,
      });
      return {
        type,
        pollers: pollers.length,
        backlog: Number(stats?.approximateBacklogCount ?? 0),
      };
    }),
  );
}
