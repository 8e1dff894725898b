// One pod of the agent: its process, its probes, its status, its end.
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError, STRATEGIC, type Api } from './api.ts';
import { Container, type ContainerState, type Program } from './container.ts';
import { bytesOf, pathOf, type ContainerSpec, type PodObject } from './pod-spec.ts';
import { environmentOf } from './pod-environment.ts';
import { Conditions, statusOf } from './pod-status.ts';
import { probe } from './probing.ts';

/** What an image has in it; undefined for one that cannot be had. */
export type Images = (image: string) => Program | undefined;

export interface PodInput {
  api: Api;
  pod: PodObject;
  images: Images;
  address: string;
  /** Of its node. */
  host: string;
}

const DEFAULT_GRACE_S = 30;

export class Pod {
  readonly #input: PodInput;
  readonly #spec: ContainerSpec;
  readonly #probing = new AbortController();
  readonly #said = new Set<string>();
  readonly #conditions = new Conditions();
  readonly #startedAt = new Date().toISOString();
  container: Container | undefined;
  /** Why there is no process. */
  #waiting: ContainerState = { waiting: { reason: 'ContainerCreating', message: '' } };
  #isReady = false;
  #writing: Promise<void> = Promise.resolve();
  #end: Promise<void> | undefined;
  #isGone = false;

  constructor(input: PodInput) {
    const [first] = input.pod.spec.containers;
    if (first === undefined) throw new Error('a pod without containers');
    this.#input = input;
    this.#spec = first;
  }

  /** Its process runs, or its status says why it cannot. */
  async start(): Promise<void> {
    const { api, pod, images, address } = this.#input;
    const { name, image, resources } = this.#spec;
    const program = images(image);
    if (program === undefined) {
      this.#cannotPull(image);
      return;
    }
    const env = await environmentOf(api, pod, this.#spec, address).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      this.#wait('CreateContainerConfigError', message);
    });
    if (env === undefined || this.#end !== undefined) return;
    this.container = new Container({
      program,
      env,
      name,
      restarts: pod.spec.restartPolicy ?? 'Always',
      memory: bytesOf(resources?.limits?.memory),
      onChange: () => {
        this.#changed();
      },
    });
    this.container.start();
    this.#probe();
  }

  /** Writes its status again: while nobody heard of its node it was taken for not ready. */
  sayAgain(): void {
    if (this.container !== undefined) this.#changed();
  }

  /** With the grace that its deletion says: what is before the stop, SIGTERM, SIGKILL; then it is gone from the API. */
  terminate(grace: number | undefined): Promise<void> {
    this.#end ??= this.#terminate((grace ?? DEFAULT_GRACE_S) * 1000);
    return this.#end;
  }

  /** As when its node lost power: nobody says a word. */
  async vanish(): Promise<void> {
    this.#isGone = true;
    this.#probing.abort();
    this.#end ??= Promise.resolve();
    await this.container?.end(0);
  }

  async #terminate(grace: number): Promise<void> {
    const { api, pod } = this.#input;
    const until = Date.now() + grace;
    this.event('Normal', 'Killing', `Stopping container ${this.#spec.name}`);
    const pause = Math.min(grace, beforeStop(this.#spec) * 1000);
    if (this.container?.isRunning === true) await sleep(pause);
    await this.container?.end(Math.max(0, until - Date.now()));
    this.#probing.abort();
    this.#isReady = false;
    this.#changed();
    await this.#writing;
    const { uid = '' } = pod.metadata;
    await api.remove(pathOf(pod), { gracePeriodSeconds: 0, preconditions: { uid } });
    this.#isGone = true;
  }

  event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    const { api, pod } = this.#input;
    if (this.#said.has(`${reason} ${message}`)) return;
    this.#said.add(`${reason} ${message}`);
    const { name, namespace = '', uid } = pod.metadata;
    const at = new Date().toISOString();
    const event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { generateName: `${name}.`, namespace },
      involvedObject: { apiVersion: 'v1', kind: 'Pod', name, namespace, uid },
      ...{ type, reason, message, count: 1, firstTimestamp: at, lastTimestamp: at },
      source: { component: 'kubelet' },
    };
    api.call('POST', `/api/v1/namespaces/${namespace}/events`, event).catch(() => undefined);
  }

  #cannotPull(image: string): void {
    const why = `failed to pull and unpack image "${image}": not found`;
    this.event('Warning', 'Failed', `Failed to pull image "${image}": ${why}`);
    this.#wait('ImagePullBackOff', `Back-off pulling image "${image}": ErrImagePull: ${why}`);
  }

  #wait(reason: string, message: string): void {
    this.#waiting = { waiting: { reason, message } };
    this.event('Warning', reason === 'ImagePullBackOff' ? 'BackOff' : 'Failed', message);
    this.#changed();
  }

  #probe(): void {
    const { address, pod } = this.#input;
    const { readinessProbe, livenessProbe, ports = [] } = this.#spec;
    const at = (port: number | string): string => {
      const known = ports.find((one) => one.name === port)?.containerPort ?? port;
      return `http://${address}:${known}`;
    };
    if (readinessProbe?.httpGet) {
      const { httpGet } = readinessProbe;
      void probe(readinessProbe, at(httpGet.port), this.#probing.signal, (isWell, seen) => {
        this.#isReady = isWell;
        if (!isWell) this.event('Warning', 'Unhealthy', `Readiness probe failed: ${seen}`);
        this.#changed();
      });
    }
    if (livenessProbe?.httpGet) {
      const grace = pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_S;
      const { httpGet } = livenessProbe;
      void probe(livenessProbe, at(httpGet.port), this.#probing.signal, (isWell, seen) => {
        if (isWell) return;
        this.event('Warning', 'Unhealthy', `Liveness probe failed: ${seen}`);
        void this.container?.restart(grace * 1000);
      });
    }
  }

  /** Writes the status as it is when its turn comes; what is written meanwhile is in it. */
  #changed(): void {
    const { reason = '', message = '' } = this.#waitingNow() ?? {};
    if (reason === 'CrashLoopBackOff') this.event('Warning', 'BackOff', message);
    if (this.container?.last?.reason === 'OOMKilled')
      this.event('Warning', 'OOMKilling', `Memory limit reached: ${this.#spec.name} was killed`);
    this.#writing = this.#writing.then(() => this.#write());
  }

  #waitingNow(): { reason: string; message: string } | undefined {
    const state = this.container?.state ?? this.#waiting;
    return 'waiting' in state ? state.waiting : undefined;
  }

  async #write(): Promise<void> {
    const { api, pod } = this.#input;
    if (this.#isGone) return;
    try {
      await api.patch(`${pathOf(pod)}/status`, { status: this.#status() }, STRATEGIC);
    } catch (error) {
      const isOver = error instanceof ApiError && error.status === 404;
      if (isOver || this.#probing.signal.aborted) return;
      // The API server is away: what is true then is written once it is back.
      await sleep(500);
      await this.#write();
    }
  }

  #status(): object {
    const { address, host } = this.#input;
    const { name, image, readinessProbe } = this.#spec;
    return statusOf(
      {
        ...{ name, image, address, host, startedAt: this.#startedAt },
        ...{ waiting: this.#waiting, container: this.container },
        isReady: readinessProbe === undefined || this.#isReady,
      },
      this.#conditions,
    );
  }
}

/** Seconds that it waits before it is told to stop. Of commands, only `sleep N` is known. */
function beforeStop({ lifecycle }: ContainerSpec): number {
  const { sleep: pause, exec } = lifecycle?.preStop ?? {};
  if (pause) return pause.seconds;
  const words = (exec?.command ?? []).join(' ');
  return Number(/\bsleep (\d+(?:\.\d+)?)$/.exec(words)?.[1] ?? 0);
}
