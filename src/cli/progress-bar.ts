/**
 * The progress bar of a terminal.
 */
import type { SingleBar as Bar } from 'cli-progress'
import { createRequire } from 'node:module'
import type { ProgressBar } from '../io/env.ts'

const require = createRequire(import.meta.url)

/** The package is loaded when there is a progress to show. */
const openBar = (stream: NodeJS.WriteStream): Bar => {
  const { SingleBar } = require('cli-progress') as typeof import('cli-progress')
  return new SingleBar({
    stream,
    format: '{label} {bar} {percentage} %   {remaining}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 30,
    hideCursor: true,
    clearOnComplete: true,
    // we redraw when there is something new, not by a timer
    fps: 1000,
    linewrap: true,
  })
}

/** A bar on this stream. */
export const progressBar = (stream: NodeJS.WriteStream): ProgressBar => {
  let bar: Bar | undefined
  let shown = false
  return {
    update: (done, label, remaining) => {
      const payload = { label, remaining }
      bar ??= openBar(stream)
      if (shown) bar.update(Math.round(done * 1000), payload)
      else bar.start(1000, Math.round(done * 1000), payload)
      shown = true
    },
    clear: () => {
      if (shown) bar?.stop()
      shown = false
    },
  }
}
