// Loads the lines of a backup into a database that holds nothing: in batches, some at once. Every document is told to be
// written, or there is no copy.
import type { Bytes } from '../../ports/objects.ts';
import type { Waiting } from '../../ports/waiting.ts';
import { Failure } from '../../domain/failure.ts';
import { isRecord, parsedJson } from '../../domain/json.ts';
import { CODE, type Firestore } from './connection.ts';
import { documentIn, type WireDocument } from './document-text.ts';
import { patiently } from './patiently.ts';
import type { Status } from './wire.ts';
import { FORMAT } from './take-documents.ts';

/** The server takes 500 at most, and 10 MB. */
const MOST = 400;
const MOST_CHARACTERS = 4_000_000;
const AT_ONCE = 4;
/** Characters: a document has 1 MiB, and each byte of it six at most. */
const LONGEST = 16_000_000;

/** The lines between the first and the last, shown to `line`; answers the database they were of. Throws CheckFailed where it is cut or none. */
export async function readLines(
  body: Bytes,
  line: (text: string) => Promise<void> | void,
): Promise<string> {
  let database: string | undefined;
  let count = 0;
  let end: number | undefined;
  for await (const text of linesOf(body)) {
    if (end !== undefined) throw broken('goes on after its end');
    if (database === undefined) {
      database = headIn(text);
      continue;
    }
    end = endIn(text);
    if (end !== undefined) continue;
    count += 1;
    await line(text);
  }
  if (database === undefined) throw broken('is empty');
  if (end === undefined) throw broken(`is cut after ${count} documents`);
  if (end !== count) throw broken(`has ${count} documents, and its end says ${end}`);
  return database;
}

/** Throws CheckFailed with what is wrong with the dump. */
export async function loadDocuments(
  firestore: Firestore,
  body: Bytes,
  waiting: Waiting,
): Promise<void> {
  const writing = createWriting(firestore, waiting);
  let batch: WireDocument[] = [];
  let characters = 0;
  await readLines(body, async (text) => {
    batch.push(documentIn(text, firestore.root));
    characters += text.length;
    if (batch.length < MOST && characters < MOST_CHARACTERS) return;
    await writing.add(batch);
    [batch, characters] = [[], 0];
  });
  await writing.add(batch);
  await writing.end();
}

/** A few batches at once; the first that fails ends all. */
function createWriting(firestore: Firestore, waiting: Waiting) {
  const under = new Set<Promise<void>>();
  let written = 0;
  const failed: unknown[] = [];
  const settled = (): void => {
    if (failed.length > 0) throw failed[0];
  };
  return {
    add: async (batch: readonly WireDocument[]): Promise<void> => {
      settled();
      if (under.size >= AT_ONCE) await Promise.race(under);
      settled();
      if (batch.length === 0) return;
      const one = writeBatch(firestore, batch, waiting)
        .then(() => {
          written += batch.length;
          waiting.beat({ loaded: written });
        })
        .catch((error: unknown) => {
          failed.push(error);
        })
        .finally(() => under.delete(one));
      under.add(one);
    },
    end: async (): Promise<void> => {
      await Promise.all(under);
      settled();
    },
  };
}

/** Those that the server asks to send again are; the others are there already. */
async function writeBatch(
  { client, root, call }: Firestore,
  batch: readonly WireDocument[],
  waiting: Waiting,
): Promise<void> {
  let left = batch;
  await patiently(`writing ${batch.length} documents`, waiting, async () => {
    const writes = left.map((update) => ({ update }));
    const [{ status }] = await client.batchWrite({ database: root, writes }, call);
    const bad = left.flatMap((document, index) => badAt(document, status?.[index]));
    const hopeless = bad.find(({ again }) => !again);
    if (hopeless !== undefined) throw notWritten(hopeless);
    left = bad.map(({ document }) => document);
    const [first] = bad;
    if (first !== undefined) throw Object.assign(new Error(first.said), { code: first.code });
  });
}

interface NotWritten {
  document: WireDocument;
  code: number;
  said: string;
  again: boolean;
}

const AGAIN: ReadonlySet<number> = new Set([CODE.resourceExhausted, CODE.aborted, 14]);

function badAt(document: WireDocument, status: Status | undefined): NotWritten[] {
  const code = status?.code ?? 0;
  if (status !== undefined && code === 0) return [];
  const said = status?.message ?? 'the server said nothing of it';
  return [{ document, code, said, again: AGAIN.has(code) }];
}

function notWritten({ document: { name }, said, code }: NotWritten): Failure {
  const message = `loading ${name}: ${said} (${code}); nothing is made of a part of the documents`;
  return new Failure('CheckFailed', message);
}

async function* linesOf(body: Bytes): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LONGEST) throw broken('has a line that is longer than any document');
    yield* lines;
  }
  if (rest !== '') throw broken('is cut within a line');
}

function headIn(text: string): string {
  const head = parsedJson(text);
  const database = isRecord(head) ? head['database'] : undefined;
  if (isRecord(head) && head['format'] === FORMAT && typeof database === 'string') return database;
  throw broken('does not begin as one does');
}

function endIn(text: string): number | undefined {
  if (!text.startsWith('{"documents":')) return undefined;
  const end = parsedJson(text);
  const documents = isRecord(end) ? end['documents'] : undefined;
  return typeof documents === 'number' ? documents : undefined;
}

function broken(how: string): Failure {
  return new Failure(
    'CheckFailed',
    `the file of documents ${how}: it is damaged, or none of Fairlead's`,
  );
}
