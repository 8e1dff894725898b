// What a notice can be answered with: on the command line, or as JSON in the Web UI. Called by notice.ts.
import { approvalJson, gateCommand, PARKED_ANSWERS, parkedJson, rejectionJson } from './answers.ts';
import type { NoticeAnswer, NoticeGate, NoticeSubject } from './notice-facts.ts';

/** The messages that answer what a notice tells, the usual one first. */
export function answersOf(operation: string, subject: NoticeSubject): NoticeAnswer[] {
  switch (subject.event) {
    case 'ended':
    case 'unproven':
    case 'proven':
      return [];
    case 'parked':
      return subject.answers.map((message) => {
        const { verb, means } = PARKED_ANSWERS[message];
        const command = `fairlead ${verb} ${operation}`;
        return { message, means, command, json: parkedJson(message, subject.step) };
      });
    default:
      return gateAnswers(operation, subject.gate);
  }
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
