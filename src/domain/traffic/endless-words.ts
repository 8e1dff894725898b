// What is told of WebSockets and streams of events when users are sent elsewhere, or kept out.
import type { TrafficState } from '../rollout/model.ts';

type Endless = NonNullable<TrafficState['endless']>;

/** Of a stop, for what comes after it in a sentence; empty where none was open. */
export function endedWords(endless: Endless | undefined): string {
  if (endless === undefined || endless.ended === 0) return '';
  return `WebSockets and streams ended at once: ${endless.ended}; `;
}

/** After a change of weights, or of who is let in; empty where none has to end. */
export function leavingWords(endless: Endless | undefined): string {
  if (endless === undefined || endless.leaving === 0) return '';
  return `; WebSockets and streams that end within \`drain\`: ${endless.leaving}`;
}
