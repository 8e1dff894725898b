// What a notice can be answered with: on the command line, or as JSON in the Web UI. Called by notice.ts.
import {
  approvalJson,
  gateCommand,
  PARKED_ANSWERS,
  parkedJson,
  personCommand,
  personJson,
  rejectionJson,
} from './answers.ts';
import type { NoticeAnswer, NoticeGate, NoticeSubject } from './notice-facts.ts';

/** The messages that answer what a notice tells, the usual one first. */
export function answersOf(operation: string, subject: NoticeSubject): NoticeAnswer[] {
  switch (subject.event) {
    case 'ended':
    case 'told':
    case 'unproven':
    case 'proven':
    case 'overdue':
      return [];
    case 'paging':
    case 'incident':
      return subject.incident.answers;
    case 'statusPage':
      return [];
    case 'parked':
      return subject.answers.map((message) => {
        const { verb, means } = PARKED_ANSWERS[message];
        const command = `fairlead ${verb} ${operation}`;
        return { message, means, command, json: parkedJson(message, subject.step) };
      });
    case 'asked':
      return personAnswers(operation, subject);
    default:
      return gateAnswers(operation, subject.gate);
  }
}

function personAnswers(
  operation: string,
  { step, kind, options }: Extract<NoticeSubject, { event: 'asked' }>,
): NoticeAnswer[] {
  const answers = kind === 'tick' ? [undefined] : options;
  return answers.map((option) => ({
    message: kind,
    means: option === undefined ? 'it is done: go on' : `go on with ${option}`,
    command: personCommand(operation, step, option),
    json: personJson(step, option),
  }));
}

function gateAnswers(operation: string, gate: NoticeGate): NoticeAnswer[] {
  return [
    {
      message: 'approve',
      means: 'yes: go on',
      command: gateCommand('approve', operation, gate.id),
      json: approvalJson(gate),
    },
    {
      message: 'reject',
      means: 'no: everything is undone',
      command: gateCommand('reject', operation, gate.id),
      json: rejectionJson(gate),
    },
  ];
}
