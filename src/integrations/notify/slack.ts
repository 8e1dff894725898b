// The channel `slack`: an incoming webhook of Slack, or of anything that takes the same (Mattermost, Rocket.Chat).
import type { Notice } from '../../domain/people/notice.ts';
import { postJson } from './post.ts';
import { settingText, type Sender } from './sender.ts';

export const sendToSlack: Sender = async (input, context, waiting) => {
  const url = await settingText(input.channel.url, 'url', input, context);
  return postJson({ url, headers: {}, body: { text: slackText(input.notice) } }, waiting);
};

export function slackText({ title, text, fields, answers, look }: Notice): string {
  return [
    `*${escaped(title)}*`,
    escaped(text),
    ...fields.map(({ name, value }) => `• ${escaped(name)}: ${escaped(value)}`),
    ...answers.flatMap(({ message, means, command, json }) => [
      `*${message}*: ${escaped(means)}`,
      block(`${command}\n${json}`),
    ]),
    `More: ${block(look)}`,
  ].join('\n');
}

/** The three characters that Slack gives a meaning; without them there is no link and no @channel. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function block(text: string): string {
  return `\`\`\`${escaped(text).replaceAll('`', "'")}\`\`\``;
}
