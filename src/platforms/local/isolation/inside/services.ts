// The services of one target: started without a shell and without rights over the namespaces, their output in a file
// of the target's own. Called by the runner.
import { spawn } from 'node:child_process';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../../../domain/failure.ts';
import { hiding } from '../../../../integrations/secrets.ts';
import { endOfLog } from '../../end-of-log.ts';
import type { ServiceState, StartRequest } from '../protocol.ts';

/** In memory, as everything that is written inside and is no copy. */
const LOGS = '/run/logs';
/** Nobody in the target may take a mount away, or look into the runner. */
const WITHOUT_RIGHTS = ['--bounding-set=-all', '--inh-caps=-all', '--no-new-privs'];

interface Running {
  asked: string;
  ended: string | undefined;
}

export interface Services {
  /** Starts a service; one that runs already as asked is fine, one that ended is started again. */
  start(request: StartRequest): Promise<void>;
  look(service: string): Promise<ServiceState>;
  /** Without the secrets that the services were given. */
  told(text: string): string;
}

export function createServices(): Services {
  const services = new Map<string, Running>();
  const secrets = new Set<string>();
  let told = hiding([]);
  return {
    told: (text) => told(text),
    start: async (request) => {
      request.secrets?.forEach((secret) => secrets.add(secret));
      told = hiding([...secrets]);
      const asked = JSON.stringify(request);
      const there = services.get(request.service);
      if (there?.ended === undefined && there !== undefined) {
        if (there.asked === asked) return;
        const message = `starting ${request.service}: it runs already, started differently; close the target and open it anew`;
        throw new Failure('Refused', message);
      }
      const running: Running = { asked, ended: undefined };
      services.set(request.service, running);
      await launch(request, (how) => {
        running.ended = how;
      });
    },
    look: async (service) => {
      const found = services.get(service);
      if (found === undefined) {
        throw new Failure('NotFound', `${service} was not started in this target`);
      }
      if (found.ended === undefined) return {};
      const words = await endOfLog(logOf(service), told);
      const said = words === '' ? 'it printed nothing' : `the end of what it printed: ${words}`;
      return { ended: `${found.ended}; ${said}` };
    },
  };
}

function logOf(service: string): string {
  return join(LOGS, `${service}.log`);
}

function becoming(user: StartRequest['user']): string[] {
  if (user === undefined) return [];
  return [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'];
}

async function launch(
  { service, command, directory, environment, user }: StartRequest,
  onEnd: (how: string) => void,
): Promise<void> {
  await mkdir(LOGS, { recursive: true });
  const log = await open(logOf(service), 'w', 0o600);
  try {
    await new Promise<void>((resolve, reject) => {
      const child = spawn('setpriv', [...WITHOUT_RIGHTS, ...becoming(user), '--', ...command], {
        cwd: directory,
        env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...environment },
        detached: true,
        stdio: ['ignore', log.fd, log.fd],
      });
      child.once('spawn', resolve);
      child.once('error', (error) => {
        onEnd('it could not be started');
        const message = `starting ${service} in ${directory}: ${error.message}; is the folder there?`;
        reject(new Failure('NotFound', message));
      });
      child.once('exit', (code, signal) => {
        onEnd(code === null ? `it was ended by ${signal ?? '?'}` : `it exited with ${code}`);
      });
    });
  } finally {
    await log.close();
  }
}
