/**
 * The progress bar of a terminal.
 */
import { SingleBar } from 'cli-progress'
import type { ProgressBar } from '../io/env.ts'

/** A bar on this stream. */
export const progressBar = (stream: NodeJS.WriteStream): ProgressBar => {
  const bar = new SingleBar({
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
  let shown = false
  return {
    update: (done, label, remaining) => {
      const payload = { label, remaining }
      if (shown) bar.update(Math.round(done * 1000), payload)
      else bar.start(1000, Math.round(done * 1000), payload)
      shown = true
    },
    clear: () => {
      if (shown) bar.stop()
      shown = false
    },
  }
}
