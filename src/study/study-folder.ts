/**
 * The folder of a study: `study.json` has its settings, `journal.jsonl` its results. Each shard has a folder in it, with
 * its own journal.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { join } from 'node:path'
import { incompatibleCheckpoint, type AppError } from '../errors.ts'
import { identify } from './identity.ts'
import { decodeTrialResult } from './decode-trial.ts'
import { decodeJournal, LONGEST_JOURNAL, type StudyIdentity } from './journal.ts'
import { subjectOf, type Study } from './study-plan.ts'
import { continueStudy } from './study.ts'
import { isTooLarge, MOST_CONFIGURATIONS } from './halving.ts'
import { areLooks } from './looks.ts'
import { spaceOf } from './space.ts'
import { hasCurrentNumerics, usableResults, type TrialResult, type TrialResults } from './trial.ts'
import { codeOf, readFailureReason, TOO_LARGE, unwritable } from '../io/failure.ts'
import { readIfPresent } from '../io/files.ts'
import { exists } from '../io/read.ts'
import { parseJson, toJson } from '../io/json.ts'
import type { Env } from '../io/env.ts'
import { textOrThrow } from '../io/text.ts'
import { counted } from '../format.ts'
import { gunzipIfNeeded } from '../data/gzip.ts'

export const JOURNAL = 'journal.jsonl'

/** The journal of a study that has ended may be in this file instead. */
const PACKED = `${JOURNAL}.gz`

/** A part of the trials, such as the second of 4: `index` counts from 1. */
export type Shard = { readonly index: number; readonly of: number }

export const shardFolder = (out: string, { index, of }: Shard): string => join(out, `shard-${index}-of-${of}`)

const Flags = t.readonly(t.record(t.string, t.string))

const Arm = t.readonly(t.type({ name: t.string, flags: Flags }))

const Earlier = t.readonlyArray(t.readonly(t.type({ budget: t.number, seeds: t.number })))

/** A whole number between two. */
const whole = (from: number, to: number) =>
  t.refinement(t.number, value => Number.isSafeInteger(value) && value >= from && value <= to)

const Rule = t.readonly(
  t.type({
    looks: t.refinement(t.readonlyArray(t.number), areLooks),
    delta: t.refinement(t.number, delta => delta > 0),
    error: t.refinement(t.number, error => error > 0 && error < 1),
  }),
)

/** As this program writes it. */
const StudyFile = t.intersection([
  t.type({
    arms: t.readonly(t.tuple([Arm, Arm])),
    space: t.unknown,
    budget: whole(0, Number.MAX_SAFE_INTEGER),
    factor: whole(2, 1000),
    epochs: whole(1, Number.MAX_SAFE_INTEGER),
    seeds: whole(1, MOST_CONFIGURATIONS),
    seed: whole(0, Number.MAX_SAFE_INTEGER),
    common: Flags,
    data: t.string,
    classes: t.number,
  }),
  t.partial({ earlier: Earlier, dataName: t.string, rule: Rule }),
])

const studyFile = (folder: string): string => join(folder, 'study.json')

/**
 * Writes the settings of a study, and returns the study as it continues what is there. The folder of another study stays
 * as it is: its journal then says that it is another one.
 */
export const saveStudy = (env: Env, folder: string, study: Study): TE.TaskEither<AppError, Study> =>
  pipe(
    refusePacked(folder),
    TE.flatMap(() => reading(folder, () => textOf(env, studyFile(folder)))),
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

/** A study that continues would begin a second journal beside a packed one. */
const refusePacked = (folder: string): TE.TaskEither<AppError, void> =>
  pipe(
    exists(join(folder, PACKED)),
    TE.flatMap((isPacked): TE.TaskEither<AppError, void> =>
      isPacked
        ? TE.left(
            incompatibleCheckpoint(
              `${folder} has a study that has ended: its journal is packed (${PACKED})`,
              'give another --out; or unpack the journal (gunzip) to continue the study',
            ),
          )
        : TE.right(undefined),
    ),
  )

/** Then the results so far make no difference to the settings. */
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

/** The settings of a study. */
export const readStudy = (env: Env, folder: string): TE.TaskEither<AppError, Study> =>
  pipe(
    reading(folder, () => textOf(env, studyFile(folder))),
    TE.flatMapEither(text => (text === undefined ? E.left('study.json is missing') : decode(text))),
    TE.mapLeft((what): AppError =>
      typeof what === 'string'
        ? incompatibleCheckpoint(
            `${folder} is not the folder of a study: ${what}`,
            'give the folder that was the --out of compare',
          )
        : what,
    ),
  )

/** The usable results in the journal of a study's folder; none if it has no journal. */
export const readResults = (env: Env, folder: string, study: Study): TE.TaskEither<AppError, TrialResults> =>
  readJournal(env, folder, subjectOf(study))

/**
 * The usable results in the journal of a folder, of the experiment `subject`; none if it has no journal.
 */
export const readJournal = (
  env: Env,
  folder: string,
  subject: StudyIdentity,
): TE.TaskEither<AppError, TrialResults> => {
  const path = join(folder, JOURNAL)
  const packed = join(folder, PACKED)
  const bytesOf = (file: string): TE.TaskEither<AppError, Uint8Array | undefined> =>
    reading(file, () => readIfPresent(env.files, file, LONGEST_JOURNAL))
  return pipe(
    bytesOf(path),
    TE.flatMap(bytes =>
      bytes === undefined ? pipe(bytesOf(packed), TE.flatMap(unpacked(packed))) : TE.right(bytes),
    ),
    TE.flatMapEither(bytes => decodeJournal(path, subject, decodeTrialResult, Buffer.from(bytes))),
    TE.tapIO(entries => () => noteUnusable(env, path, entries)),
    TE.map(usableResults),
  )
}

const unpacked =
  (path: string) =>
  (bytes: Uint8Array = new Uint8Array()): TE.TaskEither<AppError, Uint8Array> =>
    pipe(
      gunzipIfNeeded(path, LONGEST_JOURNAL)(bytes),
      TE.mapLeft(({ message }) => incompatibleCheckpoint(message, 'restore the file')),
    )

/** Says that a journal has results that do not count. */
export const noteUnusable = (env: Pick<Env, 'log'>, path: string, results: readonly TrialResult[]): void => {
  const old = results.filter(result => !hasCurrentNumerics(result)).length
  if (old > 0)
    env.log(
      `network2: ${path}: ${counted(old, 'result was', 'results were')} computed by another version of the arithmetic, and not used`,
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
        E.mapLeft(() => 'study.json is damaged'),
        E.filterOrElse(
          ({ budget, epochs, factor }) => !isTooLarge(budget, epochs, factor),
          () => `study.json asks for more than ${MOST_CONFIGURATIONS} configurations`,
        ),
        E.flatMap(study =>
          pipe(
            spaceOf(study.space),
            E.bimap(
              wrong => `the space in study.json is damaged: ${wrong[0]}`,
              space => ({ ...study, space }),
            ),
          ),
        ),
      ),
    ),
  )

const reading = <A>(path: string, read: () => Promise<A>): TE.TaskEither<AppError, A> =>
  TE.tryCatch(read, error =>
    incompatibleCheckpoint(
      `${path} cannot be read: ${readFailureReason(error)}`,
      codeOf(error) === TOO_LARGE ? 'give another folder (--out)' : 'make it readable',
    ),
  )

const textOf = async (env: Env, path: string): Promise<string | undefined> => {
  const bytes = await readIfPresent(env.files, path)
  return bytes === undefined ? undefined : textOrThrow('study.json', bytes)
}
