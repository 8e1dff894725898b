// What is due while a child goes on: at each moment people are asked whether it is to go on or to go back. It goes on until
// somebody answers; nobody but people, and its own end, ends it.
import { condition } from '@temporalio/workflow';
import { tellOfAsk } from '../steps/notices.ts';
import { setState } from '../steps/page.ts';
import { record } from '../steps/record.ts';
import { now, type Run } from '../steps/run.ts';
import { settleMessages } from '../steps/settle-messages.ts';
import { settledUntil } from '../steps/wait.ts';
import { GO_BACK, GO_ON, type ChildAsked } from '../step-kinds/step-kind.ts';
import { tellToEnd } from './tell-to-end.ts';

interface Going {
  isOver: () => boolean;
  workflowId: string;
}

export async function untilOver(
  run: Run,
  step: string,
  { moments = [] }: ChildAsked,
  going: Going,
): Promise<void> {
  const before = run.progress.state;
  try {
    for (const [index, { at, text }] of moments.entries()) {
      const isDone = await passed(run, at, going.isOver);
      if (isDone) return;
      ask(run, step, text);
      const next = moments[index + 1]?.at ?? Infinity;
      if (await wantsBack(run, next, going)) break;
    }
    await settledUntil(run, going.isOver);
  } finally {
    delete run.people.asked;
    setState(run, before);
  }
}

/** Waits until a moment (ms); true when the child was over before. */
async function passed(run: Run, at: number, isOver: () => boolean): Promise<boolean> {
  while (!isOver()) {
    const left = at - Date.now();
    if (left <= 0) return false;
    const summary = 'The next time that people are asked';
    await condition(() => isOver() || run.people.received.length > 0, left, { summary });
    await settleMessages(run);
  }
  return true;
}

function ask(run: Run, step: string, text: string): void {
  record(run, { type: 'finding', text: `${step}: ${text}` });
  run.people.asked = { kind: 'choose', text, options: [GO_ON, GO_BACK], step, since: now() };
  setState(run, 'waiting');
  tellOfAsk(run);
}

/** Until somebody has answered, the child is over, or the next moment comes; true where the child was told to go back. */
async function wantsBack(run: Run, next: number, { isOver, workflowId }: Going): Promise<boolean> {
  const isAnswered = () => run.people.asked?.answer !== undefined;
  const isEnough = () => isOver() || isAnswered();
  if (next === Infinity) await settledUntil(run, isEnough);
  else await passed(run, next, isEnough);
  const { option, by = 'somebody' } = run.people.asked?.answer ?? {};
  if (option === undefined) return false;
  await settleMessages(run);
  delete run.people.asked;
  setState(run, 'running');
  if (option !== GO_BACK) return false;
  record(run, { type: 'finding', text: `${by} sent it back` });
  await tellToEnd(run, workflowId);
  return true;
}
