/**
 * The commands, by name. To add one, write its file and add its line here. A command is loaded when it is asked for, so
 * that no command waits for what another one imports.
 */
import type { Command } from '../command.ts'

export const commands: Readonly<Record<string, () => Promise<Command>>> = {
  train: async () => (await import('./train-command.ts')).trainCommand,
  runs: async () => (await import('./runs-command.ts')).runsCommand,
  evaluate: async () => (await import('./evaluate-command.ts')).evaluateCommand,
  predict: async () => (await import('./predict-command.ts')).predictCommand,
  repl: async () => (await import('./repl-command.ts')).replCommand,
  report: async () => (await import('./report-command.ts')).reportCommand,
  slowdown: async () => (await import('./slowdown-command.ts')).slowdownCommand,
  reproduce: async () => (await import('./reproduce-command.ts')).reproduceCommand,
  exercise: async () => (await import('./exercise-command.ts')).exerciseCommand,
  compare: async () => (await import('./compare-command.ts')).compareCommand,
  study: async () => (await import('./study-command.ts')).studyCommand,
  worker: async () => (await import('./worker-command.ts')).workerCommand,
  merge: async () => (await import('./merge-command.ts')).mergeCommand,
  trace: async () => (await import('./trace-command.ts')).traceCommand,
  page: async () => (await import('./page-command.ts')).pageCommand,
  doctor: async () => (await import('./doctor-command.ts')).doctorCommand,
}
