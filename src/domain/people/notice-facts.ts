// The plain facts that a notice is made from, and what it can be answered with.
import type { ParkedAnswer } from './answers.ts';

/** The event that a notice tells of, with what belongs to it. */
export type NoticeSubject =
  | { event: 'gate' | 'reminder' | 'escalation'; gate: NoticeGate; to: string[] }
  /** `to`: who is told because those who were told before did not answer. */
  | { event: 'parked'; step: string; problem: string; answers: ParkedAnswer[]; to?: string[] }
  /** A step waits for a person to do something, or to choose. `to`: as above. */
  | {
      event: 'asked';
      step: string;
      kind: 'tick' | 'choose';
      text: string;
      options: string[];
      to?: string[];
    }
  | { event: 'told'; step: string; text: string }
  | { event: 'ended'; outcome: string; message: string; leftovers: string[] }
  /** A check of a system's recoverability: whether anybody can show that it can be recovered. */
  | { event: 'unproven' | 'proven'; why: string[] }
  /** A runbook on the schedule that was missed, failed or is open for too long. */
  | { event: 'overdue'; text: string }
  /** An incident: `paging` for somebody who is needed, `statusPage` for the public. */
  | { event: 'paging' | 'incident' | 'statusPage'; incident: IncidentNews };

export interface IncidentNews {
  title: string;
  text: string;
  /** People who are meant; empty for whoever reads the channel. */
  to: string[];
  severity: string;
  phase: string;
  answers: NoticeAnswer[];
  /** The command that shows more. */
  look: string;
}

export interface NoticeGate {
  id: string;
  policy: string;
  digest: string;
  need: number;
  have: number;
  who: string[];
  /** ISO 8601 */
  expiresAt: string;
  /** `at`: when it was given (ISO 8601). */
  verdicts: { name: string; verdict: string; at?: string }[];
}

export interface NoticeFacts {
  operation: string;
  runId: string;
  kind: string;
  system: string;
  /** ISO 8601: when it happened. */
  at: string;
  requestedBy: string | null;
  reason: string | null;
  subject: NoticeSubject;
}

/** One message that answers a notice: on the command line, or as JSON in the Web UI. */
export interface NoticeAnswer {
  message: string;
  means: string;
  command: string;
  json: string;
}
