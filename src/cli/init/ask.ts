// Asks the person at the terminal, one line per question; what is in brackets is taken by Enter.
import { createInterface } from 'node:readline';
import { EXIT, ExitError } from '../exit.ts';

export interface Question {
  words: string;
  usual: string;
  /** What is wrong with an answer, as a sentence; undefined when nothing is. */
  problem: (answer: string) => string | undefined;
}

export type Ask = (question: Question) => Promise<string>;

/** Runs `work` with a way to ask; Ctrl-C and the end of the input end it with 130. */
export async function withQuestions<Result>(work: (ask: Ask) => Promise<Result>): Promise<Result> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  // Its iterator keeps lines that are typed before they are asked for.
  const typed: AsyncIterator<string, undefined> = lines[Symbol.asyncIterator]();
  try {
    return await work(async ({ words, usual, problem }) => {
      for (;;) {
        lines.setPrompt(`${words} [${usual}]: `);
        lines.prompt();
        const next = await typed.next();
        if (next.done === true) throw new ExitError(EXIT.interrupted, '\nnothing was written');
        const answer = next.value.trim() === '' ? usual : next.value.trim();
        const wrong = problem(answer);
        if (wrong === undefined) return answer;
        process.stderr.write(`  ${wrong}\n`);
      }
    });
  } finally {
    lines.close();
  }
}
