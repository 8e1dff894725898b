// A notice of an open gate as a channel gets it, and the notify port over a folder of the test's own.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { NotifyPort, SendInput } from '../../src/ports/notify.ts';
import type { Channel } from '../../src/config/channel.ts';
import type { NoticeFacts, NoticeGate } from '../../src/domain/people/notice-facts.ts';
import { noticeOf } from '../../src/domain/people/notice.ts';
import { createNotify } from '../../src/integrations/notify/notify.ts';
import { storeIn } from './record/evidence-in.ts';
import { DIGEST } from './record/evidence.ts';

export const GATE: NoticeGate = {
  id: 'weight-5',
  policy: 'promote',
  digest: DIGEST,
  need: 1,
  have: 0,
  who: ['ana', 'ben'],
  expiresAt: '2026-01-02T12:00:00.000Z',
  verdicts: [{ name: 'errors', verdict: 'pass' }],
};

export const FACTS: NoticeFacts = {
  operation: 'deploy/shop/api/v2',
  runId: 'run-1',
  kind: 'canaryDeploy',
  system: 'shop',
  at: '2026-01-01T12:00:00.000Z',
  requestedBy: 'ci',
  reason: 'build 12',
  subject: { event: 'gate', gate: GATE, to: [] },
};

export function sending(channel: Channel, changes: Partial<SendInput> = {}): SendInput {
  return {
    key: 'run-1/gate/weight-5/ops',
    name: 'ops',
    channel,
    directory: '/systems/shop',
    notice: noticeOf(FACTS),
    ...changes,
  };
}

export interface TestNotify {
  notify: NotifyPort;
  folder: string;
  printed: string[];
  /** The same folder, as another process of the worker would have it. */
  restarted: () => NotifyPort;
}

export async function testNotify(
  t: TestContext,
  env: Record<string, string> = {},
): Promise<TestNotify> {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-notify-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const printed: string[] = [];
  const restarted = (): NotifyPort =>
    createNotify({
      folder,
      objects: storeIn(join(folder, 'objects')),
      secrets: {
        env,
        readFile: () => Promise.reject(new Error('gone')),
        reader: 'the worker',
      },
      print: (text) => printed.push(text),
    });
  return { notify: restarted(), folder, printed, restarted };
}
