/**
 * The command line that trains a network again: by the settings alone, without a file of the machine that trained it.
 */
import { shellCommand } from '#scripts/package'
import { flagsText, typedTrainFlags } from '../options/flag-text.ts'

/** @param config the settings of a run, as its config.json has them; what a setting cannot be is left out */
export const trainCommandLine = (config: Readonly<Record<string, unknown>>): string =>
  shellCommand('train', flagsText(typedTrainFlags(config)))
