// The system that is disturbed: one service with very short bakes, its data, and runbooks of steps of every kind of step.
import process from 'node:process';

export const LOANS = `loan,outstanding\n${Array.from({ length: 400 }, (_, n) => `${n},${n * 7}\n`).join('')}`;

/** Where people are told; one line of JSON for each notice. */
export const CHANNEL = 'people';

/** What is not the same on every ground. */
export interface SystemOwn {
  /** Of its one service: the platform, the program, where it keeps its data. */
  api: {
    platform: string;
    datastores?: readonly string[];
    configuration?: Record<string, string>;
    [key: string]: unknown;
  };
  /** Its answers are counted where Fairlead can read them. */
  measured: boolean;
}

/** `bound`: the settings of a datastore that recovers by binding, in the place of a folder. */
export function smallSystem(system: string, { api, measured }: SystemOwn, bound?: object) {
  const judged = measured ? { analysis: 'errors' } : {};
  return {
    system,
    services: {
      api: {
        ...api,
        ...(bound && { configuration: { ...api.configuration, ...WHERE } }),
        drain: '1s',
        rollout: {
          canary: {
            ...judged,
            steps: [
              { weight: 20, bake: '1s' },
              { weight: 50, bake: '1s', approval: 'promote' },
            ],
            watch: '1s',
          },
          blueGreen: {
            preview: { bake: '1s' },
            approval: 'promote',
            watch: '1s',
            ...judged,
          },
          deadlines: { ready: '60s' },
          // Long enough for the deploy to have given its lease back.
          insurance: '800ms',
        },
        checks: {
          preflight: [{ name: 'tools', command: [process.execPath, '--version'] }],
          smoke: [{ name: 'health', http: '/health', contains: 'ok' }],
          preview: [{ name: 'page', http: '/' }],
        },
      },
    },
    ...(api.datastores !== undefined && storedIn(bound)),
    notify: { [CHANNEL]: { type: 'file' } },
    ...(measured && { analyses: ANALYSES }),
    approvals: { promote: {} },
    // Nobody is late in an incident that takes as long as a worker does to be replaced.
    people: { levels: [['ana'], ['ben']] },
    // The users of the test are one client: it is let in, or it is not.
    recovery: { admit: [100] },
  };
}

const storedIn = (bound: object = { kind: 'files', directory: 'data' }) => ({
  datastores: { data: bound },
  drill: {
    rto: '30m',
    golden: [{ service: 'api', name: 'loans', http: '/data', contains: '399,2793' }],
  },
});

/** What a service has of the place of a datastore that recovers by binding: all that can move. */
const WHERE = Object.fromEntries(
  ['host', 'port', 'database'].map((field) => [
    `DATA_${field.toUpperCase()}`,
    `{{binding.data.${field}}}`,
  ]),
);

const ANALYSES = {
  errors: {
    source: 'scrape',
    interval: '250ms',
    minimumSamples: 1,
    limits: { inconclusives: 1000, consecutiveErrors: 1000 },
    metrics: {
      'error-ratio': {
        ratio: {
          of: 'fairlead_requests_total{code=~"5.."}',
          to: 'fairlead_requests_total',
        },
        max: 0.01,
      },
    },
  },
};

/** What the change of a runbook leaves in the folder of its system: a line for each time that it was made. */
export const MARKS = 'marks';

const MARK = {
  id: 'mark',
  do: {
    command: [process.execPath, '-e', `require('fs').appendFileSync('${MARKS}', 'made\\n')`],
    check: { command: ['test', '-f', MARKS] },
  },
  undo: { command: ['rm', '-f', MARKS] },
};

export const RUNBOOKS: Record<string, object> = {
  tidy: {
    title: 'One of each kind of step',
    leases: ['api'],
    steps: [
      { id: 'health', look: { http: '/health', service: 'api' } },
      {
        id: 'way',
        choose: { question: 'Which?', options: { mark: ['mark'], leave: ['left'] } },
      },
      MARK,
      { id: 'left', manual: 'Nothing' },
      { id: 'again', operation: { restart: { service: 'api' } } },
      {
        id: 'up',
        wait: {
          until: { http: '/health', service: 'api', contains: 'ok' },
          every: '1s',
          atMost: '1m',
        },
      },
      { id: 'told', tell: { channel: CHANNEL, text: 'Tidied' } },
      { id: 'fine', manual: 'Is it fine?' },
    ],
  },
  grow: {
    title: 'The work of a maintenance window',
    leases: ['api'],
    steps: [MARK, { id: 'fine', manual: 'Is it fine?' }],
  },
  glance: {
    title: 'What an alert starts',
    steps: [{ id: 'health', look: { http: '/health', service: 'api' } }],
  },
};
