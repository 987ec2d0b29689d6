/**
 * `exercise`: problems of chapter 3, as trainings that answer them.
 */
import * as TE from 'fp-ts/lib/TaskEither.js'
import { shellCommand } from '#scripts/package'
import { usageError } from '../../errors.ts'
import { nearest, toggle } from '../../options/option.ts'
import { defineCommand } from '../command.ts'
import { exerciseFigures, figureOptions, listFigures, runFigures } from '../run-figures.ts'

const { figures, page, title, ask } = exerciseFigures

const names = Object.keys(figures)

const EXAMPLE = 'momentum'

export const exerciseCommand = defineCommand({
  describe: `Answers a problem of chapter 3 by trainings over several seeds: ${names.join(' | ')}.`,
  positionals: { usage: '[NAME]', example: shellCommand('exercise', EXAMPLE), isOptional: true },
  options: { ...figureOptions, quick: toggle({ help: 'a tenth of the epochs, 1 seed' }) },
  examples: [
    ['--list', 'all of them'],
    [EXAMPLE, 'one'],
  ],
  run: (given, env, [name, ...more]) => {
    const flags = { ...given, published: undefined }
    const { list, all } = flags
    if ([name !== undefined, list, all].filter(Boolean).length !== 1 || more.length > 0)
      return TE.left(
        usageError(
          `exercise ${[name ?? [], more, list ? '--list' : [], all ? '--all' : []].flat().join(' ')}: expected one name, --list or --all`,
          `give ${shellCommand('exercise', EXAMPLE)}; the names are ${names.join(', ')}`,
        ),
      )
    if (list) return listFigures(exerciseFigures, flags, env)
    if (name === undefined)
      return runFigures(exerciseFigures, names, { file: page, title, command: '--all' }, flags, env)
    const exercise = Object.hasOwn(figures, name) ? figures[name] : undefined
    return exercise === undefined
      ? TE.left(
          usageError(
            `exercise ${name}: unknown exercise`,
            `${nearest(names, name, '') ?? 'give one of these'} The names are ${names.join(', ')}`,
          ),
        )
      : runFigures(
          exerciseFigures,
          [name],
          { file: `exercise-${name}`, title: exercise.title, command: ask(name) },
          flags,
          env,
        )
  },
})
