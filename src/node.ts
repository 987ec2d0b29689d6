/**
 * The public interface for Node.js, `network2/node`: data sets and networks in files, backends, runs and studies. Re-exports only.
 *
 * The functions of `promises.ts` return promises. What else can fail is an `Either` or a `TaskEither` of fp-ts, whose left
 * side is an `AppError` with a message and a remedy.
 *
 * @module network2/node
 */
export { load, loadData, save, xlaEngine, type LoadDataOptions, type SaveOptions } from './runs/promises.ts'
export {
  loadBackend,
  type Backend,
  type BackendChoice,
  type BackendName,
  type BackendPreference,
} from './runtime/backend.ts'
export { cEngine, selectEngine, type EngineChoice } from './runtime/engine.ts'
export { loadChosenData, type LoadOptions } from './data/load.ts'
export type { LoadProgress } from './data/progress.ts'
export type { Dataset } from './data/dataset.ts'
export { systemEnv, type Env } from './io/env.ts'
export { exitCode, type AppError } from './errors.ts'
export { planRun, type PlannedRun } from './runs/run-plan.ts'
export { trainRun, type FinishedRun } from './runs/train-run.ts'
export { listRuns, type EpochAccuracy, type ListedRun } from './runs/list-runs.ts'
export { planStudy, type Study, type StudyPlan } from './study/study-plan.ts'
export { runStudy, type StudyEnd, type StudyRun } from './study/run-study.ts'
export { localPool, type TrialPool } from './study/trial-pool.ts'
