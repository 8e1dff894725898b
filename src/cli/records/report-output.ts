// Where a report goes: its format, its file, and the browser that shows it.
import { spawn } from 'node:child_process';
import { extname, join } from 'node:path';
import { runName } from '../../domain/text/names.ts';
import type { Report } from '../../domain/record/report.ts';
import { strangersFolder } from '../../machine/own-file.ts';
import { dataFolder } from '../data-folder.ts';
import { EXIT, ExitError } from '../exit.ts';
import { printText, progress } from '../output/print.ts';
import { writeText } from '../output/write-text.ts';

const FORMATS = ['md', 'html', 'json'] as const;

export type Format = (typeof FORMATS)[number];

export interface OutputOptions {
  format?: string;
  json?: boolean;
  out?: string;
  open?: boolean;
}

/** The format that --format asks for, else the one that the file's name ends with. */
export function formatOf(options: OutputOptions): Format {
  const asked = options.json === true ? 'json' : options.format;
  if (asked === undefined) return byName(options) ?? (options.open === true ? 'html' : 'md');
  const format = FORMATS.find((one) => one === asked);
  if (format === undefined) {
    throw new ExitError(EXIT.badInput, `--format is "${asked}", allowed: md, html or json`);
  }
  if (options.open === true && format !== 'html') {
    throw new ExitError(EXIT.badInput, `--open shows a page: --format html, not ${format}`);
  }
  return format;
}

function byName({ out, open }: OutputOptions): Format | undefined {
  const ending = extname(out ?? '').toLowerCase();
  if (ending === '.htm') return 'html';
  const found = FORMATS.find((one) => `.${one}` === ending);
  if (open !== true || found === undefined || found === 'html') return found;
  throw new ExitError(
    EXIT.badInput,
    `--open shows a page, and --out ${out ?? ''} is none: name a file that ends in .html`,
  );
}

export async function render(report: Report, format: Format): Promise<string> {
  switch (format) {
    case 'json':
      return `${JSON.stringify(report, null, 2)}\n`;
    case 'html': {
      const { reportToHtml } = await import('../../reports/html.ts');
      return reportToHtml(report);
    }
    case 'md': {
      const { reportToMarkdown } = await import('../../reports/markdown.ts');
      return reportToMarkdown(report);
    }
  }
}

/** The file of a page without `--out`: in the folder `reports` of the data folder. Throws where others could exchange the page. */
export function pageFile(
  report: Pick<Report, 'operation' | 'runId'>,
  env: NodeJS.ProcessEnv,
  folder: string,
): string {
  const name = `${report.operation}-${runName(report.runId)}`;
  const safe = name.replace(/[^A-Za-z0-9._]+/g, '-').replace(/^[.-]+/, '');
  const data = dataFolder(env, folder);
  const reports = join(data, 'reports');
  const stranger =
    env['FAIRLEAD_DATA'] === undefined && (strangersFolder(data) ?? strangersFolder(reports));
  if (typeof stranger === 'string') {
    throw new ExitError(
      EXIT.badInput,
      `keeping the page in ${reports}: ${stranger}, so that others could show another one in its place; name a file by --out`,
    );
  }
  return join(reports, `${safe}.html`);
}

export async function writeReport(text: string, file: string): Promise<void> {
  await writeText(file, text, 'the report');
  progress(`the report is in ${file}`);
}

type Opener = [program: string, ...args: string[]];

const PATIENCE_MS = 3000;

/** The platform's program that opens a file as a double click does. */
export function openerFor(platform: NodeJS.Platform, file: string): Opener {
  if (platform === 'darwin') return ['open', file];
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler', file];
  return ['xdg-open', file];
}

/** Prints where the page lies and shows it. A machine without a browser is no failure of the report. */
export async function openPage(file: string): Promise<void> {
  printText(file);
  const problem = await problemOf(openerFor(process.platform, file));
  if (problem !== undefined) progress(`no browser was opened: ${problem}; open ${file} yourself`);
}

/** Why the page was not opened; undefined when it was. An opener that still runs after a moment shows the page itself. */
export async function problemOf(
  [program, ...args]: Opener,
  patienceMs = PATIENCE_MS,
): Promise<string | undefined> {
  return new Promise((done) => {
    const child = spawn(program, args, { stdio: 'ignore', detached: true });
    const patience = setTimeout(() => {
      child.unref();
      done(undefined);
    }, patienceMs);
    const end = (problem: string | undefined): void => {
      clearTimeout(patience);
      done(problem);
    };
    child.once('error', (error) => {
      end(`starting ${program}: ${error.message}`);
    });
    child.once('exit', (code) => {
      end(code === 0 ? undefined : `${program} ended with ${code ?? 'a signal'}`);
    });
  });
}
