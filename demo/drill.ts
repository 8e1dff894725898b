// The demonstration of a drill: a backup, then a recovery of it apart from everything live, while users keep asking the
// live service. At its end the report of the drill is shown as it opens.
import { askSystem } from '../src/cli/output/system-status.ts';
import { reportToMarkdown } from '../src/reports/markdown.ts';
import type { Demonstration } from './demonstration.ts';
import { judge, type Evidence } from './drill-promises.ts';
import { carryOut, deploy, loadOn, SYSTEM, type Scene } from './watch.ts';

/** Of the report: its head, down to the tables. */
const OPENING_LINES = 14;

export const DRILL: Demonstration = {
  opening: 'Fairlead rehearses the recovery of a small service while its users keep asking.',
  async play(scene) {
    const evidence = await played(scene);
    const { first, backup, drill, answers } = evidence;
    return { reports: [first, backup, drill], answers, promises: judge(evidence) };
  },
};

async function played(scene: Scene): Promise<Evidence> {
  const { temporal, story } = scene;
  story.heading('1. The service, its users, and a backup');
  const first = await deploy(scene, 'ops', 'v1');
  const load = await loadOn(scene);
  try {
    const backup = await carryOut(scene, 'ops', { kind: 'backup', verb: 'backup' });
    const before = await askSystem(temporal, SYSTEM);
    story.heading('2. A drill: restored into an isolated target, proved, started, asked, removed');
    const drill = await carryOut(scene, 'ops', { kind: 'drill', verb: 'drill' });
    const after = await askSystem(temporal, SYSTEM);
    await load.stop();
    story.heading('3. Its report opens with the verdict');
    story.print(opening(reportToMarkdown(drill)));
    return { first, backup, drill, before, after, answers: load.answers };
  } finally {
    await load.stop();
  }
}

/** Without the backslashes that Markdown needs and a terminal would show. */
function opening(markdown: string): string[] {
  return markdown
    .split('\n')
    .slice(0, OPENING_LINES)
    .map((line) => `  ${line.replace(/\\([^\w\s])/g, '$1')}`);
}
