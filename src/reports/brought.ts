// What the looks of a runbook of steps brought: text as a terminal shows it, rows as a table, a page as its address.
import type { Report } from '../domain/record/report.ts';
import { code, small, strong, tableOf, timeIn, type Block, type Words } from './document.ts';

type Look = NonNullable<Report['brought']>[number];

export function brought({ brought: all = [] }: Report): Block[] {
  return all.flatMap((one) => [{ kind: 'paragraph', words: headOf(one) }, ...contentOf(one)]);
}

function headOf({ at, step, look }: Look): Words[] {
  const name = look.name === step ? step : `${step}/${look.name}`;
  const cut = look.cut === undefined ? [] : [' ', small(look.cut)];
  return [timeIn(at), ' ', strong(name), ' ', code(look.asked), ` ${look.said}`, ...cut];
}

function contentOf({ look }: Look): Block[] {
  switch (look.form) {
    case 'link':
      return [{ kind: 'list', lines: [look.url] }];
    case 'text':
      return look.text === '' ? [] : [{ kind: 'printed', text: look.text }];
    case 'table': {
      const { columns, rows } = look;
      const cells = columns.map((column, at) => {
        return [column, (row: string[]): Words => row[at] ?? ''] as const;
      });
      return [tableOf(look.asked, rows, Object.fromEntries(cells))];
    }
  }
}
