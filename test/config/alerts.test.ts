// The section `alerts:`: names, services and runbooks that are there, and alerts of one incident.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadSystem } from '../../src/config/load.ts';
import { incidentOfAlert } from '../../src/domain/incident/alert-names.ts';
import { NAME } from '../../src/domain/text/names.ts';
import { mistakesOf, SHOP, systemsWith, testMistakes } from '../support/system-files.ts';

const withAlerts = (lines: string): string => `${SHOP}alerts:\n${lines}\n`;

testMistakes([
  ['takes alerts as Alertmanager names them', withAlerts('  HighErrorRate: { severity: P1 }'), []],
  [
    'asks for a severity that there is',
    withAlerts('  HighErrorRate: { severity: P9 }'),
    [
      '17: alerts.HighErrorRate.severity: "P9" is not allowed (did you mean P0?); write P0 or P1 or P2 or P3',
    ],
  ],
  [
    'names the service that was probably meant',
    withAlerts('  Slow: { severity: P2, service: ap }'),
    [
      '17: alerts.Slow.service: there is no service "ap" (did you mean api?); declared in services: api',
    ],
  ],
  [
    'refuses a runbook that is not there',
    withAlerts('  Slow: { severity: P2, runbook: slow }'),
    ['17: alerts.Slow.runbook: there is no runbook "slow" in runbooks/; there are: none'],
  ],
  [
    'refuses two alerts of one incident, and the names of those that gather others',
    withAlerts(
      '  HighErrors: { severity: P2 }\n  high_errors: { severity: P1 }\n  AlertStorm: { severity: P1 }',
    ),
    [
      '18: alerts.high_errors: its incident would be "high-errors" as that of "HighErrors"; call one of them otherwise',
      '19: alerts.AlertStorm: its incident would be "alert-storm", which gathers other alerts; call it otherwise',
    ],
  ],
]);

test('a runbook that is missing is for check to say, and stops nothing else', async (t) => {
  const looks = 'title: Slow\nsteps: [{ id: a, look: { command: [df] } }]\n';
  const dir = await systemsWith(t, {
    'shop/system.yaml': withAlerts('  Slow: { severity: P2, runbook: slwo }'),
    'shop/runbooks/slow.yaml': looks,
  });
  assert.deepEqual(await mistakesOf(dir, 'shop'), [
    'systems/shop/system.yaml:17: alerts.Slow.runbook: there is no runbook "slwo" (did you mean slow?) in runbooks/; there are: slow',
  ]);
  const { system } = await loadSystem(dir, 'shop');
  assert.equal(system.alerts?.['Slow']?.severity, 'P2');
});

test('every name of an alert makes the id of an incident', () => {
  const ids: Record<string, string> = {
    HighErrorRate: 'high-error-rate',
    HTTPErrors5xx: 'http-errors5xx',
    'Disk almost full (95 %)': 'disk-almost-full-95',
    node_down: 'node-down',
    '5xx': 'alert-5xx',
    ÄÖÜ: 'alert',
    constructor: 'alert-constructor',
  };
  for (const [name, id] of Object.entries(ids)) assert.equal(incidentOfAlert(name), id);
  assert.match(incidentOfAlert('X'.repeat(150)), NAME);
});
