/**
 * What `train --dry-run` prints.
 */
import { clock, grouped } from '../format.ts'
import type { DryRunEstimate } from '../runs/dry-run.ts'
import type { Resources } from '../runs/resources.ts'
import { asSettings, type PlannedRun } from '../runs/run-plan.ts'

export const dryRunLines = (
  { dataset, backend, interpreter }: Resources,
  { config }: PlannedRun,
  { parameters, steps, seconds }: DryRunEstimate,
  folder: string,
  json: boolean,
): readonly string[] => {
  const { sizes, epochs, miniBatchSize, trainSize, evaluateOn } = config
  return json
    ? [JSON.stringify({ event: 'dry-run', config: asSettings(config), parameters, steps, seconds, folder })]
    : [
        `network     [${sizes.join(', ')}], ${grouped(parameters)} parameters`,
        `data        ${dataset.name} (${dataset.source}): ${grouped(trainSize)} training examples, evaluated on ${evaluateOn}`,
        `steps       ${grouped(steps)} in ${epochs} epochs, mini-batches of ${miniBatchSize}`,
        `computed    by ${backend.name}, ${interpreter.name}`,
        `time        about ${seconds < 1 ? 'a second' : clock(seconds)} of training, without the monitors`,
        `run         ${folder}`,
        'nothing was written',
      ]
}
