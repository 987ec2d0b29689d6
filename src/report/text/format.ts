/**
 * Numbers and bars as a terminal shows them.
 */
import { SingleBar } from 'cli-progress'

/** 12345 as "12,345", whatever the locale. */
export const grouped = (value: number): string => Math.round(value).toLocaleString('en-US')

export const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(2)} %`

/** 95 seconds as "1:35". */
export const clock = (seconds: number): string => {
  const whole = Math.max(0, Math.round(seconds))
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const two = (n: number): string => String(n).padStart(2, '0')
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}

export type Bar = {
  readonly update: (done: number, label: string, remaining: string) => void
  /** Takes the bar away, so that a line can be printed. */
  readonly clear: () => void
}

/** A bar on a terminal; without one, nothing. */
export const progressBar = (stream: NodeJS.WriteStream | undefined): Bar => {
  if (stream === undefined) return { update: () => undefined, clear: () => undefined }
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

/** A table in columns, for any number of rows; the last column is not padded. */
export const aligned = (head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] => {
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map(row => row[column]!.length)))
  return all.map(row =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  )
}

/** A text as a shell takes it for one word. */
export const quoted = (text: string): string =>
  /^[\w./:@%+,=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
