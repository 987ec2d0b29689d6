/**
 * What `train --dry-run` prints.
 */
import { clock, counted, grouped } from '../format.ts'
import type { DryRunEstimate } from '../runs/dry-run.ts'
import type { Resources } from '../runs/resources.ts'
import { asSettings, epochSize, type PlannedRun } from '../runs/run-plan.ts'

export const dryRunLines = (
  { dataset, backend, interpreter }: Resources,
  { config }: PlannedRun,
  { parameters, steps, seconds }: DryRunEstimate,
  folder: string,
  json: boolean,
): readonly string[] => {
  const { sizes, epochs, miniBatchSize, trainSize, evaluateOn } = config
  const copies = epochSize(config) === trainSize ? '' : `, ${grouped(epochSize(config))} with their copies`
  return json
    ? [JSON.stringify({ event: 'dry-run', config: asSettings(config), parameters, steps, seconds, folder })]
    : [
        `network     [${sizes.join(', ')}], ${counted(parameters, 'parameter')}`,
        `data        ${dataset.name} (${dataset.source}): ${counted(trainSize, 'training example')}${copies}, evaluated on ${evaluateOn}`,
        `steps       ${grouped(steps)} in ${counted(epochs, 'epoch')}, mini-batches of ${miniBatchSize}`,
        `computed    by ${backend.name}, ${interpreter.name}`,
        `time        about ${seconds < 1 ? 'a second' : clock(seconds)} of training, without the monitors`,
        `run         ${folder}`,
        'nothing was written',
      ]
}
