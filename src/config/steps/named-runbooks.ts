// Runbooks of steps that other sections of a system file name: whether they are there, and take what they are given. Nothing of
// this holds up a stop or a roll-back: it is for `check` to say.
import { Failure } from '../../domain/failure.ts';
import { BESIDE_INPUTS } from '../../domain/recovery/recovery-defaults.ts';
import { inputsOf } from '../../domain/steps/inputs.ts';
import { didYouMean } from '../../domain/text/did-you-mean.ts';
import { listed, shown } from '../reading/wording.ts';
import type { Remark } from '../remark.ts';
import { loadRunbook, runbookNames, type RunbookPlace } from './runbook-file.ts';

/** Paths are seen from the root of the system file. */
export async function namedRunbookRemarks(place: RunbookPlace): Promise<Remark[]> {
  const { alerts = {}, schedules, recovery } = place.system;
  const beside = [
    { path: ['recovery', 'reconcile'], runbook: recovery?.reconcile },
    { path: ['recovery', 'migrate', 'runbook'], runbook: recovery?.migrate?.runbook },
  ].flatMap(({ path, runbook }) => (runbook === undefined ? [] : [{ path, runbook }]));
  const scheduled = Object.entries(schedules?.runbooks ?? {});
  const named = [
    ...Object.entries(alerts).map(([alert, { runbook }]) => ({
      path: ['alerts', alert, 'runbook'],
      runbook,
    })),
    ...scheduled.map(([runbook]) => ({ path: ['schedules', 'runbooks', runbook], runbook })),
    ...beside,
  ];
  if (named.length === 0) return [];
  const known = await runbookNames(place);
  const missing = named.flatMap(({ path, runbook }) => {
    if (runbook === undefined || known.includes(runbook)) return [];
    const message = `there is no runbook ${shown(runbook)}${didYouMean(runbook, known)} in runbooks/; there are: ${listed(known)}`;
    return [{ path, message }];
  });
  const there = scheduled.filter(([runbook]) => known.includes(runbook));
  const inputs = [
    ...there.map(([runbook, { inputs: given = {} }]) =>
      inputRemarks(place, { path: ['schedules', 'runbooks', runbook, 'inputs'], runbook }, given),
    ),
    ...beside
      .filter(({ runbook }) => known.includes(runbook))
      .map((one) => inputRemarks(place, one, BESIDE_INPUTS)),
  ];
  return [...missing, ...(await Promise.all(inputs)).flat()];
}

/** Nobody is there to give what is missing when a schedule or a recovery starts it. */
async function inputRemarks(
  place: RunbookPlace,
  { path, runbook }: { path: string[]; runbook: string },
  given: Readonly<Record<string, string | number | boolean>>,
): Promise<Remark[]> {
  try {
    const { runbook: written } = await loadRunbook(place, runbook);
    inputsOf(runbook, written.inputs, given);
    return [];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    // One that does not load has its mistakes named where they are.
    if (error.details !== undefined) return [];
    return [{ path, message: error.message }];
  }
}
