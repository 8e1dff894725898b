// The systems beside a `fairlead up` for tests: commercial-view under other names, with short bakes.

/** Extra lines for the rollout of a system, indented by six. */
export interface UpSystem {
  name: string;
  rollout: string;
  /** More keys of the system, not indented. */
  more?: string;
}

/** Its intervals are long enough for users to come by on a machine that has much else to do. */
const QUICK = `      canary:
        steps:
          - { weight: 20, bake: 1500ms }
          - { weight: 50, bake: 1500ms, approval: promote }
        watch: 1500ms
        analysis: errors
      insurance: 2s
      autoPromotion: true
      earlyPromotion: true`;
const GATED = (approval: string): string => `      canary:
        steps: [{ weight: 50, approval: ${approval} }]
        watch: 100ms
      insurance: 1h`;
const ERRORS = `analyses:
  errors:
    source: scrape
    interval: 700ms
    minimumSamples: 1
    limits: { inconclusives: 0 }
    metrics:
      ratio:
        ratio: { of: 'fairlead_requests_total{code=~"5.."}', to: fairlead_requests_total }
        max: 0.05
`;

/** Has users, and a version that answers with errors. */
export const SHOP: UpSystem = { name: 'shop', rollout: QUICK, more: ERRORS };

/** Its files are backed up, and proved in two ways. */
export const VAULT: UpSystem = {
  name: 'vault',
  rollout: GATED('promote'),
  more: `datastores:
  data: { kind: files, directory: data, backup: { retention: { days: 1, count: 2 } } }
  served: { kind: files, directory: data, verify: { required: [artefact] } }
`,
};

/** A drill restores its files and asks its service, and so does a verification. */
export const DRILLED: UpSystem = {
  name: 'drilled',
  rollout: QUICK,
  more: `${ERRORS}datastores:
  portfolio:
    kind: files
    directory: data
    verify: { required: [artefact, loads, complete, correct, usable] }
drill:
  rto: 5m
  services: [api]
  golden: [{ service: api, name: portfolio, http: /api/portfolio, contains: outstanding }]
`,
};

const PATIENT = `      canary: { steps: [{ weight: 20, bake: 1h }], watch: 100ms }
      earlyPromotion: true`;

/** `quiet` has no users; `gated` asks people, `hasty` gives them two seconds; `patient` bakes for an hour. */
export const PEOPLE: readonly UpSystem[] = [
  { name: 'patient', rollout: PATIENT },
  { name: 'quiet', rollout: QUICK, more: ERRORS },
  { name: 'gated', rollout: GATED('promote') },
  { name: 'hasty', rollout: GATED('hasty') },
];

/** The program and data of systems/commercial-view, under another name. */
export function systemFile({ name, rollout, more = '' }: UpSystem, port: number): string {
  return `system: ${name}
services:
  api:
    platform: local
    command: [node, 'versions/{version}.mjs']
    port: ${port}
    replicas: 2
    configuration: { COMMERCIAL_VIEW_DATA_PATH: data }
    files: ['versions/{version}.mjs']
    health: { path: /health, interval: 250ms }
    drain: 2s
    checks:
      preflight: [{ name: datasets, command: [node, checks/datasets.mjs] }]
      smoke: [{ name: health, http: /health, contains: ok }]
      watch: [{ name: health, http: /health, contains: ok }]
    rollout:
${rollout}
approvals:
  promote: { quorum: 1, deadline: 1h, reminder: 30m }
  hasty: { quorum: 1, deadline: 2s, reminder: 1s }
${more}`;
}
