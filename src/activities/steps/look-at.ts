// A look of a runbook of steps: what came back, bounded, for the record. It changes nothing, and whatever comes back is an
// answer: a program that exits with 1, an address that answers 500.
import type { Look } from '../../config/steps/runbook-schema.ts';
import { Failure } from '../../domain/failure.ts';
import type { LoadedSystem } from '../../domain/loaded-system.ts';
import {
  broughtLink,
  broughtTable,
  broughtText,
  type Brought,
} from '../../domain/steps/brought.ts';
import { wayWords } from '../../domain/steps/plan-of-steps.ts';
import { countOf, sizeOf } from '../../domain/text/amounts.ts';
import type { Call } from '../call.ts';
import { beatWhile } from '../judging/beat-while.ts';
import { logsOf } from '../service-logs.ts';
import { sideBySide } from '../side-by-side.ts';
import { askFor, endedHow, type Asking, type AskPorts } from './ask-step.ts';

export interface LookAtInput {
  loaded: LoadedSystem;
  looks: { name: string; look: Look }[];
  /** Milliseconds. */
  timeout: number;
}

/** What several looks side by side brought; `problem`: what kept some of them from bringing anything, in sentences. */
export interface Looked {
  looks: Brought[];
  problem: string | null;
}

/** Several side by side: one that brings nothing does not hide the others. */
export async function lookAt(
  { loaded, looks, timeout }: LookAtInput,
  call: Call,
  ports: AskPorts,
): Promise<Looked> {
  const problems: string[] = [];
  const found = await sideBySide(looks, async ({ name, look }) => {
    try {
      const asking = { loaded, call: { ...call, step: `${call.step}/${name}` }, ports };
      return [await lookOnce(asking, name, look, timeout)];
    } catch (error) {
      // It is not tried for minutes: whoever reads it decides.
      if (!(error instanceof Failure) || call.signal.aborted) throw error;
      problems.push(looks.length > 1 ? `${name}: ${error.message}` : error.message);
      return [];
    }
  });
  return { looks: found.flat(), problem: problems.length === 0 ? null : problems.join('; ') };
}

async function lookOnce(
  asking: Asking,
  name: string,
  look: Look,
  timeout: number,
): Promise<Brought> {
  const asked = wayWords(look);
  const redacted = (text: string): string => asking.ports.redactor.redact(text);
  if (look.logs !== undefined) return logsIn(asking, look.logs, { name, asked });
  if (look.files !== undefined) return keptOf(asking, look.files, { name, asked });
  const back = await askFor(asking, look, timeout);
  switch (back.by) {
    case 'command': {
      const { end } = back;
      if (end.late) throw new Failure('NotReady', `${asked} ${endedHow(end, timeout)}`);
      const said = `${endedHow(end, timeout)} in ${end.ms} ms`;
      return broughtText({ name, asked, said }, redacted(end.printed), end.more);
    }
    case 'http': {
      const { answer, url } = back;
      const said = `answered ${answer.status} in ${answer.ms} ms`;
      return answer.contentType === 'text/html'
        ? broughtLink({ name, asked, said }, url)
        : broughtText({ name, asked, said }, redacted(answer.text));
    }
    case 'query': {
      const { rows } = back;
      const said = `${rows.more ? 'more than ' : ''}${rows.rows.length} rows`;
      return broughtTable({ name, asked, said }, rows);
    }
  }
}

/** Whole, and as they are: what shows an attack is not redacted. */
async function keptOf(
  { loaded: { directory }, call, ports }: Asking,
  folder: string,
  back: { name: string; asked: string },
): Promise<Brought> {
  const what = { directory, folder, runId: call.run.runId, step: call.step };
  const keeping = ports.keptFiles.keep(what, call);
  const { files, list } = await beatWhile(keeping, ports.clock, call);
  const bytes = files.reduce((sum, one) => sum + one.bytes, 0);
  const said = `kept ${countOf(files.length, 'file')} of ${sizeOf(bytes)}; their list is ${list.key} in the object store, SHA-256 ${list.sha256}`;
  const columns = ['file', 'bytes', 'sha256'];
  const rows = files.map((one) => [one.file, one.bytes, one.sha256]);
  return broughtTable({ ...back, said }, { columns, rows });
}

async function logsIn(
  { loaded, call, ports }: Asking,
  { service, lines: most }: NonNullable<Look['logs']>,
  back: { name: string; asked: string },
): Promise<Brought> {
  const { lines } = await logsOf(loaded, { service, position: null }, call, ports);
  const last = lines.slice(-most);
  const text = last.map(({ source, text }) => `${source} | ${text}`).join('\n');
  return broughtText(
    { ...back, said: `the last ${last.length} lines` },
    ports.redactor.redact(text),
  );
}
