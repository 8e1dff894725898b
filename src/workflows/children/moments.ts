// What is due while a child goes on: at each moment people are asked whether it is to go on or to go back. It goes on until
// somebody answers; nobody but people, and its own end, ends it.
import { untilAnswered } from '../asking/moments.ts';
import { tellOfAsk } from '../steps/notices.ts';
import { setState } from '../steps/page.ts';
import { record } from '../steps/record.ts';
import { now, type Run } from '../steps/run.ts';
import { settleMessages } from '../steps/settle-messages.ts';
import { overBefore, settledUntil } from '../steps/wait.ts';
import { GO_BACK, GO_ON, type ChildAsked } from '../step-kinds/step-kind.ts';
import { tellToEnd } from './tell-to-end.ts';

const NEXT = 'The next time that people are asked';

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
      const isDone = await overBefore(run, at, going.isOver, NEXT);
      if (isDone || going.isOver()) return;
      ask(run, step, text);
      const next = moments[index + 1]?.at ?? Infinity;
      if (await wantsBack(run, step, next, going)) break;
    }
    await settledUntil(run, going.isOver);
  } finally {
    delete run.people.asked;
    setState(run, before);
  }
}

function ask(run: Run, step: string, text: string): void {
  record(run, { type: 'finding', text: `${step}: ${text}` });
  run.people.asked = { kind: 'choose', text, options: [GO_ON, GO_BACK], step, since: now() };
  setState(run, 'waiting');
  tellOfAsk(run);
}

/** Until somebody has answered, the child is over, or the next moment comes; true where the child was told to go back. */
async function wantsBack(
  run: Run,
  step: string,
  next: number,
  { isOver, workflowId }: Going,
): Promise<boolean> {
  const isAnswered = () => run.people.asked?.answer !== undefined;
  const isEnough = () => isOver() || isAnswered();
  await untilAnswered(run, { step, what: 'waits for a person', until: next }, isEnough);
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
