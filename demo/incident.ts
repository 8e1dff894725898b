// The demonstration of an incident: an alert fires in Alertmanager, its incident opens, its runbook looks, ana decides to roll
// back, the alert is over, the incident is closed, and its report is shown.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { askIncident } from '../src/cli/incident/find.ts';
import { isIncidentRecord } from '../src/cli/incident/report.ts';
import { askReport } from '../src/cli/operation/ask-report.ts';
import { askSystem } from '../src/cli/output/system-status.ts';
import { inspect } from '../src/cli/temporal/inspect.ts';
import { incidentId } from '../src/domain/incident/incident.ts';
import type { IncidentStatus } from '../src/domain/incident/incident-status.ts';
import type { IncidentRecord } from '../src/domain/incident/timeline.ts';
import type { Embedded } from '../src/embedded/up.ts';
import { incidentToHtml, incidentToMarkdown } from '../src/reports/incident.ts';
import { Approvers, missing } from './acts.ts';
import { startAlertSource, type AlertSource } from './alertmanager.ts';
import type { Demonstration } from './demonstration.ts';
import { judge, type Evidence } from './incident-promises.ts';
import { deploy, followRun, loadOn, SYSTEM, type Act, type Scene } from './watch.ts';

const ID = 'high-error-rate';
const RUNBOOK = `run/${SYSTEM}/high-error-rate`;
/** Of the report: its head and the beginning of its timeline. */
const OPENING_LINES = 24;

export const INCIDENT: Demonstration = {
  opening: 'An alert fires. Fairlead opens an incident, looks, and keeps what people do about it.',
  takesAlerts: true,
  async play(scene, embedded) {
    const evidence = await played(scene, embedded);
    const { reports, answers } = evidence;
    return { reports, answers, promises: judge(evidence) };
  },
};

async function played(scene: Scene, embedded: Embedded): Promise<Evidence> {
  const { story, temporal, signal } = scene;
  story.heading('1. The service, its users, and a new version');
  const first = await deploy(scene, 'ops', 'v1');
  const load = await loadOn(scene);
  let source: AlertSource | undefined;
  try {
    const second = await deploy(scene, 'ci', 'v2', { act: new Approvers(scene).act });
    story.heading('2. An alert fires');
    source = await startAlertSource(
      join(embedded.data, 'alertmanager'),
      receiverOf(embedded),
      signal,
    );
    story.tell(`HighErrorRate fires in ${source.name}`);
    const firedAt = Date.now();
    await source.say('firing');
    const opened = await untilIncident(scene, () => true);
    story.tell(`incident ${SYSTEM}/${ID} is open: ${opened.severity}, by ${opened.openedBy}`);
    story.heading('3. Its runbook looks, and asks; ana decides');
    await send(scene, 'acknowledge', { actor: 'ana' });
    const { report: looked, act: rolledBack } = await decide(scene);
    story.heading('4. It is over');
    await source.say('resolved');
    await untilIncident(scene, ({ alerts }) => alerts.every(({ state }) => state === 'resolved'));
    story.tell('the alert is over');
    const record = await closed(scene);
    const after = await askSystem(temporal, SYSTEM);
    await load.stop();
    show(scene, record, embedded.data);
    const reports = [first, second, looked, rolledBack];
    return { reports, looked, rolledBack, record, after, answers: load.answers, firedAt };
  } finally {
    await source?.stop();
    await load.stop();
  }
}

function receiverOf({ hooksUrl, hooksToken }: Embedded) {
  const url = hooksUrl ?? missing('nobody takes alerts');
  return { url: url.replace('SYSTEM', SYSTEM), tokenFile: hooksToken ?? missing('no token') };
}

/** Chooses to roll back once the runbook has looked, and ticks that it was told; the runbook rolls back. */
async function decide(scene: Scene) {
  const { temporal, story } = scene;
  const answered = new Set<string>();
  const person: Act = async ({ asks }, run) => {
    if (asks === undefined || answered.has(asks.step)) return;
    answered.add(asks.step);
    const handle = temporal.client.workflow.getHandle(run.workflowId, run.runId);
    const { step } = asks;
    if (asks.kind === 'choose') {
      story.tell(`it asks: ${asks.text}`);
      story.tell(`ana: fairlead choose ${RUNBOOK} ${step} deploy`);
      await handle.executeUpdate('choose', { args: [{ actor: 'ana', step, option: 'deploy' }] });
      return;
    }
    story.tell(`ana: fairlead tick ${RUNBOOK} ${step}`);
    await handle.executeUpdate('tick', { args: [{ actor: 'ana', step, note: 'told in #ops' }] });
  };
  const found = await untilStarted(scene);
  const report = await followRun(
    scene,
    { operation: RUNBOOK, workflowId: RUNBOOK, ...found },
    person,
  );
  const back = report.children?.find(({ step }) => step === 'back');
  const { operation, workflowId, runId } = back ?? missing('nobody rolled back');
  const act = await askReport(temporal, {
    ...{ operation, workflowId, runId, open: false, system: SYSTEM },
  });
  return { report, act };
}

async function untilStarted({ temporal, signal }: Scene): Promise<{ runId: string }> {
  for (;;) {
    const found = await temporal.client.workflow
      .getHandle(RUNBOOK)
      .describe()
      .catch(() => undefined);
    if (found !== undefined) return { runId: found.runId };
    await sleep(100, undefined, { signal });
  }
}

async function untilIncident(
  { temporal, signal }: Scene,
  isSo: (status: IncidentStatus) => boolean,
): Promise<IncidentStatus> {
  for (;;) {
    const status = await askIncident(temporal, { system: SYSTEM, id: ID }).catch(() => undefined);
    if (status !== undefined && isSo(status)) return status;
    await sleep(100, undefined, { signal });
  }
}

async function send({ temporal, story }: Scene, name: string, message: object): Promise<void> {
  const handle = temporal.client.workflow.getHandle(incidentId(SYSTEM, ID));
  await handle.executeUpdate(name, { args: [message] });
  const { actor: _, ...said } = { actor: '', ...message };
  const words = Object.entries(said).map(([key, value]) => `${key}: ${String(value)}`);
  story.tell(`ana: ${name}${words.length === 0 ? '' : ` (${words.join(', ')})`}`);
}

async function closed(scene: Scene): Promise<IncidentRecord> {
  const { temporal } = scene;
  const actor = 'ana';
  await send(scene, 'update', { actor, cause: 'v2 fails on old loans' });
  await send(scene, 'update', { actor, resolution: 'rolled back to v1' });
  await send(scene, 'followUp', { actor, text: 'a test with old loans', owner: 'ben' });
  await send(scene, 'close', { actor, review: 'held at once, notes in the wiki' });
  await temporal.client.workflow.getHandle(incidentId(SYSTEM, ID)).result();
  const record = await inspect(temporal, { system: SYSTEM, incident: ID });
  return isIncidentRecord(record) ? record : missing('the report of the incident is no report');
}

function show({ story }: Scene, record: IncidentRecord, data: string): void {
  const folder = join(data, 'reports');
  mkdirSync(folder, { recursive: true });
  const page = join(folder, `incident-${SYSTEM}-${ID}.html`);
  writeFileSync(page, incidentToHtml(record));
  story.heading(`5. Its report, the first draft of the post-mortem (${page})`);
  const lines = incidentToMarkdown(record).split('\n').slice(0, OPENING_LINES);
  story.print(lines.map((line) => `  ${line.replace(/\\([^\w\s])/g, '$1')}`));
}
