// A server of somebody else's as a process of the test or bench that started it: waits until it answers, and says what
// it wrote when it does not come up.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { eventually } from '../local-daemon.ts';

export interface ServerProcess {
  /** In messages. */
  name: string;
  program: string;
  args: readonly string[];
  /** It runs there; removed with all that is in it when the server is stopped. */
  folder: string;
  env?: NodeJS.ProcessEnv;
  answers: () => Promise<boolean>;
  /** Milliseconds until it has to answer. */
  within?: number;
}

export async function startServer({
  name,
  program,
  args,
  folder,
  env = process.env,
  answers,
  within,
}: ServerProcess): Promise<{ stop: () => Promise<void> }> {
  const child = spawn(program, args, { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4000);
  });
  const closed = once(child, 'close');
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await closed;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const look = async (): Promise<boolean> => {
      if (child.exitCode !== null) throw new Error(`${name} ended: ${said}`);
      return answers();
    };
    await eventually(`${name} to answer`, look, within);
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop };
}
