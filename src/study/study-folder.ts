/**
 * The folder of a study: `study.json` says what it is, `journal.jsonl` what was found out. Shards have a folder in it
 * each, with a journal of their own.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { join } from 'node:path'
import { incompatibleCheckpoint, type AppError } from '../errors.ts'
import { identify } from './identity.ts'
import { decodeJournal, firstById } from './journal.ts'
import { subjectOf, type Study } from './study-plan.ts'
import { continueStudy } from './study.ts'
import type { Space } from './space.ts'
import { TrialResult, type TrialResults } from './trial.ts'
import { unwritable, readFailureReason } from '../io/failure.ts'
import { readIfPresent } from '../io/files.ts'
import { parseJson, toJson } from '../io/json.ts'
import type { Env } from '../io/env.ts'

export const JOURNAL = 'journal.jsonl'

/** Such as 2 of 4, counted from 1. */
export type Shard = { readonly index: number; readonly of: number }

export const shardFolder = (out: string, { index, of }: Shard): string => join(out, `shard-${index}-of-${of}`)

const Flags = t.readonly(t.record(t.string, t.string))

const Arm = t.readonly(t.type({ name: t.string, flags: Flags }))

const Looks = t.readonlyArray(t.readonly(t.type({ budget: t.number, seeds: t.number })))

/** As this program writes it; of a space, that it is an object. */
const StudyFile = t.intersection([
  t.type({
    arms: t.readonly(t.tuple([Arm, Arm])),
    space: t.UnknownRecord,
    budget: t.number,
    factor: t.number,
    epochs: t.number,
    seeds: t.number,
    seed: t.number,
    common: Flags,
    data: t.string,
    classes: t.number,
  }),
  t.partial({ earlier: Looks }),
])

const studyFile = (folder: string): string => join(folder, 'study.json')

/**
 * Keeps what a study is, and gives it back as it goes on from what is there. Another study that has the folder is left
 * alone: its journal says so.
 */
export const saveStudy = (env: Env, folder: string, study: Study): TE.TaskEither<AppError, Study> =>
  pipe(
    reading(folder, () => textOf(env, studyFile(folder))),
    TE.flatMap(text => {
      const before = text === undefined ? E.left('') : decode(text)
      if (E.isLeft(before)) return writeStudy(env, folder, study)
      if (subject(before.right) !== subject(study)) return TE.right(study)
      return pipe(
        isOfOneSize(before.right, study)
          ? TE.right<AppError, TrialResults>(new Map())
          : readResults(env, folder, study),
        TE.map(results => continueStudy(before.right, results, study)),
        TE.flatMap(kept => (textFor(kept) === text ? TE.right(kept) : writeStudy(env, folder, kept))),
      )
    }),
  )

/** Then what has been found out makes no difference. */
const isOfOneSize = (one: Study, other: Study): boolean =>
  one.budget === other.budget && one.seeds === other.seeds

const textFor = (study: Study): string => `${toJson(study, 2)}\n`

const writeStudy = (env: Env, folder: string, study: Study): TE.TaskEither<AppError, Study> =>
  TE.tryCatch(async () => {
    await env.files.makeFolder(folder)
    await env.files.save(studyFile(folder), textFor(study))
    return study
  }, unwritable(folder))

const subject = (study: Study): string => identify(subjectOf(study))

/** What a study is. */
export const readStudy = (env: Env, folder: string): TE.TaskEither<AppError, Study> =>
  pipe(
    reading(folder, () => textOf(env, studyFile(folder))),
    TE.flatMapEither(text => (text === undefined ? E.left('it has no study.json') : decode(text))),
    TE.mapLeft((what): AppError =>
      typeof what === 'string'
        ? incompatibleCheckpoint(
            `${folder} is not the folder of a study: ${what}`,
            'give the --out of npm run compare',
          )
        : what,
    ),
  )

/** What the journal in a folder has found out about a study; nothing where there is none. */
export const readResults = (
  env: Env,
  folder: string,
  study: Study,
): TE.TaskEither<AppError, TrialResults> => {
  const path = join(folder, JOURNAL)
  return pipe(
    reading(path, async () => {
      const bytes = await readIfPresent(env.files, path)
      return bytes === undefined
        ? E.right([])
        : decodeJournal(path, subjectOf(study), TrialResult, Buffer.from(bytes))
    }),
    TE.flatMapEither((entries): E.Either<AppError, readonly TrialResult[]> => entries),
    TE.map(firstById),
  )
}

/** The folders of the shards in a study's folder. */
export const shardsIn = (env: Env, folder: string): TE.TaskEither<AppError, readonly string[]> =>
  reading(folder, async () =>
    (await env.files.list(folder))
      .filter(name => /^shard-\d+-of-\d+$/.test(name))
      .sort()
      .map(name => join(folder, name)),
  )

const decode = (text: string): E.Either<string, Study> =>
  pipe(
    parseJson(text),
    E.flatMap(json =>
      pipe(
        StudyFile.decode(json),
        E.bimap(
          () => 'its study.json is damaged',
          study => ({ ...study, space: study.space as Space }),
        ),
      ),
    ),
  )

const reading = <A>(path: string, read: () => Promise<A>): TE.TaskEither<AppError, A> =>
  TE.tryCatch(read, error =>
    incompatibleCheckpoint(`${path} cannot be read: ${readFailureReason(error)}`, 'make it readable'),
  )

const textOf = async (env: Env, path: string): Promise<string | undefined> => {
  const bytes = await readIfPresent(env.files, path)
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes)
}
