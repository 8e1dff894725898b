// What a notice can be answered with: on the command line, or as JSON in the Web UI. Called by notice.ts.
import type { ParkedAnswer } from './details-page.ts';
import type { NoticeAnswer, NoticeGate, NoticeSubject } from './notice.ts';

const PARKED: Record<ParkedAnswer, { command: string; means: string }> = {
  retryStep: { command: 'retry', means: 'do the step again' },
  skipStep: { command: 'skip', means: 'go on without it (lowers the verdict, and names who)' },
  adopt: { command: 'adopt', means: 'take the world as it is now and go on from there' },
  abort: { command: 'abort', means: 'stop and undo' },
};

/** The usual answer first. */
export function answersOf(operation: string, subject: NoticeSubject): NoticeAnswer[] {
  switch (subject.event) {
    case 'ended':
    case 'unproven':
    case 'proven':
      return [];
    case 'parked':
      return subject.answers.map((message) => {
        const { command, means } = PARKED[message];
        const step = message === 'abort' ? {} : { step: subject.step };
        return {
          message,
          means,
          command: `fairlead ${command} ${operation}`,
          json: JSON.stringify({ actor: 'YOUR-NAME', ...step, reason: 'WHY' }),
        };
      });
    default:
      return gateAnswers(operation, subject.gate);
  }
}

function gateAnswers(operation: string, { id, digest }: NoticeGate): NoticeAnswer[] {
  const answer = { actor: 'YOUR-NAME', gate: id, digest };
  return [
    {
      message: 'approve',
      means: 'yes: go on',
      command: `fairlead approve ${operation} --gate ${id}`,
      json: JSON.stringify(answer),
    },
    {
      message: 'reject',
      means: 'no: everything is undone',
      command: `fairlead reject ${operation} --gate ${id}`,
      json: JSON.stringify({ ...answer, reason: 'WHY NOT' }),
    },
  ];
}
