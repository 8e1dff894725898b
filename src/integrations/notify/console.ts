// The channel `console`: where the worker was started, or in its log.
import { noticeText } from '../../domain/people/notice.ts';
import type { Sender } from './sender.ts';

export const sendToConsole: Sender = async ({ notice }, { print }) => {
  const lines = noticeText(notice).split('\n');
  const indented = lines.map((line) => (line === '' ? '' : `    ${line}`));
  print([`[${notice.at}] ${notice.title}`, ...indented, ''].join('\n'));
  return { delivered: true };
};
