// A plan as text.
import { isRecord, textAt } from '../domain/json.ts';

export function planLines(plan: unknown): string[] {
  const steps = isRecord(plan) && Array.isArray(plan['steps']) ? plan['steps'] : [];
  const why = textAt(plan, 'nothingToDo');
  return [
    `plan of ${textAt(plan, 'operation') ?? 'an operation'}, digest ${textAt(plan, 'digest') ?? 'unknown'}`,
    ...(why === undefined ? [] : [`nothing to do: ${why}`]),
    ...steps.flatMap(stepLines),
  ];
}

function stepLines(step: unknown): string[] {
  const undo = textAt(step, 'undo') ?? 'none';
  const gate = textAt(step, 'gate');
  const differs = textAt(step, 'differs');
  return [
    `  ${textAt(step, 'id') ?? '?'}: ${textAt(step, 'title') ?? ''}`,
    ...(gate === undefined ? [] : [`      asks for ${gate} before the next step`]),
    `      undo: ${undo}`,
    ...(differs === undefined ? [] : [`      differs: ${differs}`]),
  ];
}
