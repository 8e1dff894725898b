// Mail against a real SMTP server of the test's own: what arrives, who may send, and what a refusal leads to.
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test, type TestContext } from 'node:test';
import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import type { Delivery } from '../../src/ports/notify.ts';
import type { Channel } from '../../src/config/channel.ts';
import { Failure } from '../../src/domain/failure.ts';
import { noticeOf, noticeText } from '../../src/domain/people/notice.ts';
import { messageId } from '../../src/integrations/notify/smtp.ts';
import { waiting } from '../support/local-daemon.ts';
import { freePort } from '../support/free-ports.ts';
import { FACTS, sending, testNotify } from '../support/notices.ts';

interface MailServer {
  port: number;
  mails: { mail: ParsedMail; to: string[]; user: string | undefined }[];
}

async function mailServer(t: TestContext, options: SMTPServerOptions = {}): Promise<MailServer> {
  const mails: MailServer['mails'] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    onData: (stream, session, done) => {
      void simpleParser(stream).then((mail) => {
        const to = session.envelope.rcptTo.map((one) => one.address);
        mails.push({ mail, to, user: session.user });
        done();
      });
    },
    ...options,
  });
  server.on('error', () => undefined);
  const port = await freePort();
  await new Promise<void>((done) => {
    server.listen(port, '127.0.0.1', done);
  });
  t.after(
    () =>
      new Promise<void>((done) => {
        server.close(done);
      }),
  );
  return { port, mails };
}

const plain = (port: number): Channel => ({
  type: 'smtp',
  host: '127.0.0.1',
  port,
  requireTls: false,
  from: 'fairlead@example.com',
  to: ['ana@example.com', 'ben@example.com'],
});

/** What the server says to `MAIL`, `RCPT` or a login: a number and a text. */
function refusal(responseCode: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode });
}

async function outcome(work: Promise<Delivery>): Promise<string> {
  try {
    const sent = await work;
    return sent.delivered ? 'delivered' : `settled: ${sent.reason}`;
  } catch (error) {
    assert.ok(error instanceof Failure, String(error));
    assert.equal(error.kind, 'Unavailable');
    return `again: ${error.message}`;
  }
}

test('a mail has the title as subject, the notice as plain text, and an id made from its key', async (t) => {
  const { notify } = await testNotify(t);
  const { port, mails } = await mailServer(t);
  const notice = noticeOf({ ...FACTS, reason: 'größer ✓' });
  const sent = sending(plain(port), { notice });
  assert.deepEqual(await notify.send(sent, waiting()), { delivered: true });
  assert.deepEqual(await notify.send(sent, waiting()), { delivered: true });
  assert.equal(mails.length, 1);
  const [{ mail, to } = assert.fail()] = mails;
  assert.deepEqual(to, ['ana@example.com', 'ben@example.com']);
  assert.equal(mail.subject, notice.title);
  assert.equal(mail.text?.trim(), noticeText(notice).trim());
  assert.equal(mail.html, false);
  assert.equal(mail.messageId, messageId(sent.key, 'fairlead@example.com'));
  assert.equal(mail.headers.get('auto-submitted'), 'auto-generated');
  assert.equal(mail.headers.get('x-fairlead-operation'), 'deploy/shop/api/v2');
});

test('no line break of a notice becomes a header', async (t) => {
  const { notify } = await testNotify(t);
  const { port, mails } = await mailServer(t);
  const evil = 'v2\r\nBcc: eve@example.com\r\n\r\nhello';
  const notice = noticeOf({ ...FACTS, operation: evil });
  await notify.send(sending(plain(port), { notice: { ...notice, operation: evil } }), waiting());
  const [{ mail, to } = assert.fail()] = mails;
  assert.deepEqual(to, ['ana@example.com', 'ben@example.com']);
  assert.equal(mail.bcc, undefined);
  assert.equal(mail.headers.get('bcc'), undefined);
});

test('the name and password of the system file log in', async (t) => {
  const { notify } = await testNotify(t, { MAIL_PASSWORD: 'pass-12345' });
  const { port, mails } = await mailServer(t, {
    authOptional: false,
    allowInsecureAuth: true,
    onAuth: ({ username, password }, _, done) => {
      const isRight = username === 'fairlead' && password === 'pass-12345';
      done(isRight ? null : new Error('no'), isRight ? { user: 'fairlead' } : undefined);
    },
  });
  const channel = { ...plain(port), user: 'fairlead', password: { env: 'MAIL_PASSWORD' } };
  assert.equal(await outcome(notify.send(sending(channel), waiting())), 'delivered');
  assert.equal(mails[0]?.user, 'fairlead');
});

const REFUSALS: [name: string, options: SMTPServerOptions, expected: RegExp][] = [
  [
    'a login that is refused',
    {
      authOptional: false,
      allowInsecureAuth: true,
      onAuth: (_, __, done) => {
        done(refusal(535, 'not you'));
      },
    },
    /^settled: mail to 127\.0\.0\.1:\d+: Invalid login: 535 not you$/,
  ],
  [
    'recipients that do not exist',
    {
      onRcptTo: (_, __, done) => {
        done(refusal(550, 'nobody here'));
      },
    },
    /^settled: .*550 nobody here/,
  ],
  [
    'one recipient that does not exist',
    {
      onRcptTo: ({ address }, _, done) => {
        done(address.startsWith('ben') ? refusal(550, 'no ben') : null);
      },
    },
    /^settled: 127\.0\.0\.1 did not take it for ben@example\.com; the others have it$/,
  ],
  [
    'a server that is busy',
    {
      onMailFrom: (_, __, done) => {
        done(refusal(451, 'later'));
      },
    },
    /^again: mail to 127\.0\.0\.1:\d+: .*451 later/,
  ],
];
for (const [name, options, expected] of REFUSALS) {
  test(`${name} is said as the server said it`, async (t) => {
    const { notify } = await testNotify(t, { MAIL_PASSWORD: 'pass-12345' });
    const { port } = await mailServer(t, options);
    const channel = { ...plain(port), user: 'fairlead', password: { env: 'MAIL_PASSWORD' } };
    const anonymous = plain(port);
    const said = await outcome(
      notify.send(sending(options.authOptional === false ? channel : anonymous), waiting()),
    );
    assert.match(said, expected);
    assert.doesNotMatch(said, /pass-12345/);
  });
}

test('without TLS nothing is sent, unless the system file says so', async (t) => {
  const { notify } = await testNotify(t);
  const { port, mails } = await mailServer(t);
  const { requireTls: _, ...channel } = plain(port);
  assert.match(await outcome(notify.send(sending(channel), waiting())), /STARTTLS|TLS/);
  assert.equal(mails.length, 0);
});

test('a server whose certificate nobody vouches for gets no mail', async (t) => {
  const { notify } = await testNotify(t);
  const { port, mails } = await mailServer(t, { disabledCommands: [] });
  const channel = { ...plain(port), requireTls: true };
  assert.match(await outcome(notify.send(sending(channel), waiting())), /certificate/);
  assert.equal(mails.length, 0);
});

test('a server that is away may be back next time', async (t) => {
  const { notify } = await testNotify(t);
  const channel = plain(await freePort());
  assert.match(await outcome(notify.send(sending(channel), waiting())), /^again: .*ECONNREFUSED/);
});

test('a server that never greets is left when the caller stops waiting', async (t) => {
  const { notify } = await testNotify(t);
  const stop = new AbortController();
  const port = await freePort();
  const server = createServer((socket) => {
    t.after(() => socket.destroy());
    stop.abort(new Error('enough'));
  });
  t.after(() => server.close());
  await new Promise<void>((done) => {
    server.listen(port, '127.0.0.1', done);
  });
  const work = notify.send(sending(plain(port)), { signal: stop.signal, beat: () => undefined });
  await assert.rejects(work, /enough/);
});
