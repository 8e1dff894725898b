// The section `maintenance:`: what `check` says of it.
import { SHOP, testMistakes } from '../support/system-files.ts';

const WINDOW = "at: '02:00', zone: Europe/Berlin";
/** The section on line 16. */
const section = (text: string): string => `${SHOP}maintenance: ${text}\n`;

testMistakes([
  [
    'finds nothing wrong with a window that promises notice, and a service without replicas meanwhile',
    section(
      `{ windows: { monthly: { on: first saturday, ${WINDOW}, lasts: 2h, notice: 2d } }, scaleDown: [api] }`,
    ),
    [],
  ],
  [
    'takes no window of no length',
    section(`{ windows: { a: { ${WINDOW}, lasts: 0s } } }`),
    [
      '16: maintenance.windows.a.lasts: "0s" is not allowed; write a duration with a unit, such as 250ms, 3s, 15m, 24h or 90d (at most 366d), longer than 0',
    ],
  ],
  [
    'knows the approvals and the services that there are',
    section(`{ windows: {}, approval: operatons, scaleDown: [ap] }`),
    [
      '16: maintenance.approval: there is no approval "operatons"; declared in approvals: promote',
      '16: maintenance.scaleDown.0: there is no service "ap" (did you mean api?); declared in services: api',
    ],
  ],
]);
