// Reports for pages: a canary with measurements that waited for people, and one of very many steps.
import { buildReport } from '../../../src/domain/record/build-report.ts';
import type { Distribution } from '../../../src/domain/analysis/comparison.ts';
import type { EvidenceBody } from '../../../src/domain/record/evidence.ts';
import { entriesOf, OPENED, ROLLED_BACK } from './evidence.ts';

const BEGAN = Date.UTC(2026, 0, 1, 12);

/** `errors` of v2 rises, that of v1 does not; three windows. */
export function measured(fromSecond: number, values: readonly number[], max = 0.05) {
  const points = values.map((value, index) => ({
    at: new Date(BEGAN + (fromSecond + index) * 1000).toISOString(),
    judged: { value, requests: 40 },
    stable: { value: 0.001, requests: 760 },
  }));
  return [{ metric: 'error-ratio', max, points }];
}

/** As ROLLED_BACK, one entry a second, with what the failing analysis measured. */
const MEASURED: readonly EvidenceBody[] = ROLLED_BACK.map((body) =>
  body.type === 'verdict' ? { ...body, series: measured(6, [0.01, 0.04, 0.2]) } : body,
);

const spread = (from: number, count: number) => {
  const points = Array.from({ length: count }, (_, index) => from + index);
  const at = (percent: number) => from + ((count - 1) * percent) / 100;
  return { count, quartiles: [at(0), at(25), at(50), at(75), at(100)], points };
};

export const COMPARED: Distribution = {
  metric: 'p95-ms',
  experiment: spread(120, 41),
  control: spread(100, 41),
  class: 'High',
  verdict: 'fail',
  reason: 'High: the experiment is 20 higher (98 % interval 12 to 28), beyond ±5',
  interval: [12, 28],
  estimate: 20,
  effect: 1.17,
};

/** The same, and at its end two metrics were compared, of which one has no data. */
export const comparedReport = () =>
  buildReport(
    entriesOf(
      MEASURED.map((body) =>
        body.type === 'verdict' ? { ...body, distributions: [COMPARED, EMPTY] } : body,
      ),
    ),
  );

const EMPTY: Distribution = {
  metric: 'no-data',
  experiment: { count: 0, quartiles: [], points: [] },
  control: spread(1, 1),
  class: 'Nodata',
  verdict: 'inconclusive',
  reason: 'Nodata: no data (0 samples of the experiment, 1 of the control): nothing was compared',
  interval: null,
  estimate: null,
  effect: null,
};

export const measuredReport = () => buildReport(entriesOf(MEASURED));

/** Everything that somebody typed or a tool said is `text`. */
export function reportOf(text: string) {
  const step = { id: text, title: text, attempts: 1, detail: text };
  const bodies: EvidenceBody[] = [
    ...ROLLED_BACK.filter((body) => body.type === 'opened').map((body) => ({
      ...body,
      operation: text,
      system: text,
      requestedBy: text,
      reason: text,
    })),
    ...ROLLED_BACK.filter((body) => body.type === 'planned').map((body) => ({
      ...body,
      plan: { ...body.plan, from: text, to: text, nothingToDo: text },
    })),
    { type: 'step', status: 'started', ...step },
    { type: 'weights', service: text, versions: [{ version: text, percent: 100 }] },
    {
      type: 'verdict',
      step: text,
      name: text,
      verdict: 'fail',
      reason: text,
      samples: 1,
      series: measured(2, [1]).map((one) => ({ ...one, metric: text })),
      distributions: [{ ...COMPARED, metric: text, group: text, reason: text }],
    },
    {
      type: 'decision',
      gate: text,
      decision: 'approved',
      actor: text,
      trust: 'claimed',
      reason: text,
      digest: text,
      final: true,
    },
    { type: 'message', name: text, actor: text, accepted: false, note: text, reason: text },
    { type: 'parked', step: text, problem: text },
    { type: 'step', status: 'failed', ...step },
    { type: 'undo', step: text, verb: text, status: 'failed', detail: text },
    { type: 'finding', text },
    {
      type: 'notice',
      event: 'gate',
      channel: text,
      about: text,
      delivered: false,
      reason: text,
    },
    {
      type: 'closed',
      outcome: 'failed',
      verdict: 'fail',
      serving: 'mixed',
      message: text,
      leftovers: [text],
    },
  ];
  return buildReport(entriesOf(bodies));
}

/** `count` steps, each with weights and a measured verdict; every 97th failed and was tried again. */
export function longReport(count: number) {
  const step = (index: number): EvidenceBody[] => {
    const id = `step-${index}`;
    const title = `Shift ${index % 101} % of the traffic to v2 and watch it`;
    const percent = index % 101;
    const bad = index % 97 === 96;
    return [
      { type: 'step', id, title, status: 'started', attempts: 1 },
      {
        type: 'weights',
        service: 'api',
        versions: [
          { version: 'v1', percent: 100 - percent },
          { version: 'v2', percent },
        ].filter((one) => one.percent > 0),
      },
      {
        type: 'verdict',
        step: id,
        name: 'errors',
        verdict: bad ? 'fail' : 'pass',
        reason: `error-ratio 0.0${index % 10} (${index} of ${index * 100} requests): within max 0.05`,
        samples: 800,
        series: measured(index * 4, [(index % 10) / 100]),
      },
      { type: 'step', id, title, status: bad ? 'failed' : 'done', attempts: bad ? 2 : 1 },
    ];
  };
  const planned = ROLLED_BACK.filter((body) => body.type === 'planned');
  const closed: EvidenceBody = {
    type: 'closed',
    outcome: 'succeeded',
    verdict: 'pass',
    serving: 'new',
    message: 'v2 is live',
    leftovers: [],
  };
  const steps = Array.from({ length: count }, (_, index) => step(index)).flat();
  return buildReport(entriesOf([OPENED, ...planned, ...steps, closed]), { verify: false });
}
