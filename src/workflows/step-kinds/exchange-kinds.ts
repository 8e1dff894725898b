// Steps that put a copy in the place of a live datastore: the fence and the proof of it, the loss, the exchange, and what a
// recovery ends with.
import type { Finding } from '../../domain/analysis/finding.ts';
import { backedUpDatastore } from '../../domain/backup/backup-id.ts';
import { passedOverIn, SUSPECT } from '../../domain/backup/anomaly.ts';
import type { Plan } from '../../domain/operation/plan.ts';
import {
  outputOn,
  outputsOf,
  plainResult,
  type StepResult,
} from '../../domain/operation/step-result.ts';
import {
  exchangeWords,
  lossFindings,
  lossWords,
  type ExchangePlan,
  type Loss,
} from '../../domain/recovery/exchange.ts';
import { adoptedIn } from '../../domain/recovery/live/adopted.ts';
import { lostIn } from '../../domain/recovery/live/lost.ts';
import { passedOverCandidates, takenBackups } from '../../domain/recovery/live/candidates.ts';
import { recoveryEnd } from '../../domain/recovery/recovery-end.ts';
import { problemsIn, said } from './service-kinds.ts';
import { otherCopy } from './candidate-kinds.ts';
import { ask, type ActionOf, type StepContext, type StepKind } from './step-kind.ts';

export const lookAhead: StepKind<ActionOf<'lookAhead'>> = {
  whenFailed: 'fails',
  begin: () =>
    ask({
      activity: 'lookAhead',
      told: {},
      profile: 'look',
      answered: ({ value: findings }) => judgedBy(findings),
    }),
};

export const writeFence: StepKind<ActionOf<'writeFence'>> = {
  whenFailed: 'fails',
  begin: ({ action: { datastore } }) =>
    ask({
      activity: 'writeFence',
      told: {},
      profile: 'change',
      lease: datastore,
      answered: said,
    }),
};

export const quiet: StepKind<ActionOf<'quiet'>> = {
  whenFailed: 'fails',
  begin({ action: { datastore, again }, results }) {
    const before = outputOn(results, 'quiet', datastore);
    // What was skipped then was counted as it was: there is nothing that it could be compared with.
    const since = again === true && before !== undefined ? { since: before.position } : {};
    return ask({
      activity: 'proveQuiet',
      told: since,
      profile: 'wait',
      answered: ({ value: { finding, position } }) => ({
        ...judgedBy([finding]),
        output: { kind: 'quiet', datastore, position },
      }),
    });
  },
};

export const lossAgainst: StepKind<ActionOf<'lossAgainst'>> = {
  whenFailed: 'fails',
  begin: ({ action: { datastore }, ...context }) =>
    ask({
      activity: 'lossAgainst',
      told: otherCopy(context, datastore),
      profile: 'wait',
      answered: ({ value: { loss, plan } }) =>
        plainResult(
          { type: 'done' },
          {
            detail: `${lossWords(loss)}; ${exchangeWords(plan)}`,
            findings: lossFindings(loss),
            output: { kind: 'lost', datastore, loss, plan },
          },
        ),
    }),
};

/** All that was found in one place, under the digest that whoever approves answers for. */
export const weighExchange: StepKind<ActionOf<'weighExchange'>> = {
  whenFailed: 'fails',
  begin({ plan, results, now }) {
    const lost = outputsOf(results, 'lost');
    const findings = takenBackups(plan, results).flatMap((backup): Finding[] => {
      const datastore = backedUpDatastore(backup.id);
      const over = passedOverCandidates(results, datastore);
      const found = outputOn(results, 'lost', datastore);
      const { notAfter } = backup.recoveryPoint;
      const proved = backup.verifiedAt === null ? 'never verified before' : 'verified before';
      const reason = `${backup.id}, recovery point ${notAfter}, ${proved}${suspectOf(plan, backup.id)}${passedOverOf(plan, datastore)}`;
      return [
        { name: `${datastore}: backup`, verdict: 'pass', reason, samples: 1 },
        ...over.map(({ id, why }) => overFinding(datastore, id, why)),
        ...foundOf(datastore, found),
        ...lostIn(plan).map(({ where }) => lostFinding(datastore, where, notAfter)),
      ];
    });
    for (const { datastore, what } of adoptedIn(plan)) {
      const found = outputOn(results, 'lost', datastore);
      findings.push(adoptedFinding(datastore, what), ...foundOf(datastore, found));
    }
    const told = lost.map(({ datastore, loss }) => `${datastore}: ${lossWords(loss)}`);
    const gone = lostIn(plan).map(({ datastore }) => `${datastore}: not known, for it is gone`);
    const detail = `as of ${now}, users are kept out; to be lost: ${[...told, ...gone].join('. ')}`;
    return plainResult({ type: 'done' }, { detail, findings });
  },
};

export const exchange: StepKind<ActionOf<'exchange'>> = {
  whenFailed: 'fails',
  begin({ action: { datastore }, results, plan, step }) {
    const lost = outputOn(results, 'lost', datastore);
    if (lost === undefined) throw new Error(`an exchange of ${datastore} without its plan`);
    return ask({
      activity: 'exchangeStore',
      told: { plan: lost.plan, ...otherCopy({ plan, results, step }, datastore) },
      profile: 'change',
      lease: datastore,
      answered: ({ value: { exchanged, detail } }) => ({
        ...plainResult({ type: 'done', stays: staysOf(plan, datastore) }, { detail }),
        output: { kind: 'exchanged', datastore, exchanged },
      }),
    });
  },
};

export const judgeLive: StepKind<ActionOf<'judgeLive'>> = {
  whenFailed: 'fails',
  begin({ action: { datastore }, results, plan, step }) {
    const lost = outputOn(results, 'lost', datastore);
    if (lost === undefined) throw new Error(`an exchange of ${datastore} that nobody approved`);
    return ask({
      activity: 'judgeLive',
      told: { plan: lost.plan, loss: lost.loss, ...otherCopy({ plan, results, step }, datastore) },
      profile: 'wait',
      answered: ({ value: finding }) => judgedBy([finding]),
    });
  },
};

export const liftFence: StepKind<ActionOf<'liftFence'>> = {
  whenFailed: 'fails',
  begin: ({ action: { datastore } }) =>
    ask({
      activity: 'liftFence',
      told: {},
      profile: 'change',
      lease: datastore,
      answered: said,
    }),
};

export const lookLost: StepKind<ActionOf<'lookLost'>> = {
  whenFailed: 'fails',
  begin: () =>
    ask({
      activity: 'lookLost',
      told: {},
      profile: 'look',
      answered: ({ value: findings }) => judgedBy(findings),
    }),
};

export const bindElsewhere: StepKind<ActionOf<'bindElsewhere'>> = {
  whenFailed: 'fails',
  begin: ({ action: { datastore }, results, plan, step }) =>
    ask({
      activity: 'bindElsewhere',
      told: otherCopy({ plan, results, step }, datastore),
      profile: 'change',
      lease: datastore,
      answered: ({ value: { detail } }) =>
        plainResult({ type: 'done', stays: staysOf(plan, datastore) }, { detail }),
    }),
};

export const judgeMoved: StepKind<ActionOf<'judgeMoved'>> = {
  whenFailed: 'fails',
  begin: ({ action: { datastore }, results, plan, step }) =>
    ask({
      activity: 'judgeMoved',
      told: otherCopy({ plan, results, step }, datastore),
      profile: 'wait',
      answered: ({ value: findings }) => judgedBy(findings),
    }),
};

export const warmLive: StepKind<ActionOf<'warmLive'>> = {
  whenFailed: 'fails',
  begin: () =>
    ask({
      activity: 'warmLive',
      told: {},
      profile: 'wait',
      answered: ({ value: findings }) => judgedBy(findings),
    }),
};

export const flush: StepKind<ActionOf<'flush'>> = {
  whenFailed: 'fails',
  begin: ({ action: { datastore } }) =>
    ask({
      activity: 'flushDerived',
      told: {},
      profile: 'change',
      lease: datastore,
      answered: said,
    }),
};

export const concludeExchange: StepKind<ActionOf<'concludeExchange'>> = {
  whenFailed: 'fails',
  begin({ plan, results, entries, now }: StepContext<ActionOf<'concludeExchange'>>) {
    const { message, findings } = recoveryEnd({ plan, results, entries, now });
    return plainResult({ type: 'judged', verdict: 'pass', message, ends: false }, { findings });
  },
};

/** What does not pass asks people; the rest goes on. */
function judgedBy(findings: Finding[]): StepResult {
  const message = problemsIn(findings);
  if (findings.some(({ verdict }) => verdict === 'fail')) {
    return plainResult({ type: 'failed', kind: 'CheckFailed', message }, { findings });
  }
  if (message !== '') {
    const event = { type: 'baked', verdict: 'inconclusive', judged: true, message } as const;
    return plainResult({ ...event, onInconclusive: 'ask' }, { findings });
  }
  const detail = findings.map(({ reason }) => reason).join('; ');
  return plainResult({ type: 'done' }, { detail, findings });
}

/** What is lost, and what the exchange does; nothing where nobody counted. */
function foundOf(
  datastore: string,
  found: { loss: Loss; plan: ExchangePlan } | undefined,
): Finding[] {
  if (found === undefined) return [];
  const lost = lossFindings(found.loss).map((one) => ({
    ...one,
    name: `${datastore}: ${one.name}`,
  }));
  return [...lost, placeFinding(datastore, found.plan)];
}

function lostFinding(datastore: string, where: string, point: string): Finding {
  const reason = `what was written since ${point} is lost, and nobody can say what it was; ${where} becomes ${datastore}, and services are bound to it`;
  return { name: `${datastore}: lost`, verdict: 'pass', reason, samples: 1 };
}

function adoptedFinding(datastore: string, what: string): Finding {
  const reason = `${what}, which somebody else restored: no manifest says what it has to hold, and its recovery point is not known`;
  return { name: `${datastore}: adopted`, verdict: 'pass', reason, samples: 1 };
}

function placeFinding(datastore: string, plan: ExchangePlan): Finding {
  const reason = exchangeWords(plan);
  return { name: `${datastore}: exchange`, verdict: 'pass', reason, samples: 1 };
}

function overFinding(datastore: string, id: string, why: string): Finding {
  const reason = `${id} was found bad and passed over: ${why}`;
  return { name: `${datastore}: candidate passed over`, verdict: 'pass', reason, samples: 1 };
}

/** That it may have what harmed the data, as the plan says it. */
function suspectOf({ steps }: Plan, id: string): string {
  const isSuspect = steps.some(
    ({ action, title }) =>
      action.kind === 'rung' && action.backup === id && title.includes(SUSPECT),
  );
  return isSuspect ? `; suspect: its recovery point is after the time ${SUSPECT}` : '';
}

/** Which newer backups were not taken, as the plan says it. */
function passedOverOf({ steps }: Plan, datastore: string): string {
  const loads = steps.find(
    ({ action }) =>
      action.kind === 'rung' && action.rung === 'loads' && action.datastore === datastore,
  );
  const note = passedOverIn(loads?.title ?? '');
  return note === undefined ? '' : `; ${note}`;
}

/** For whoever ends it between the exchange and the first user. */
function staysOf({ steps, system }: Plan, datastore: string): string {
  const kept = steps.flatMap(({ action }) => (action.kind === 'stop' ? [action.service] : []));
  const who = kept.length === 0 ? 'users' : `users of ${kept.join(', ')}`;
  return `${datastore} was exchanged, and ${who} are kept out: "fairlead admit ${system}" lets them in on what is live now`;
}
