/**
 * Numbers, times and tables as plain text.
 */
/** 12345 as "12,345", whatever the locale. */
export const grouped = (value: number): string => Math.round(value).toLocaleString('en-US')

export const percentOf = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(2)} %`

/** 95 seconds as "1:35". */
export const clock = (seconds: number): string => {
  const whole = Math.max(0, Math.round(seconds))
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const two = (n: number): string => String(n).padStart(2, '0')
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}

/** A table in columns, for any number of rows; the last column is not padded. */
export const aligned = (head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] => {
  const all = [head, ...rows]
  const widths = head.map((_, column) => all.reduce((width, row) => Math.max(width, row[column]!.length), 0))
  return all.map(row =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  )
}

/** A text as a shell takes it for one word. */
export const shellQuoted = (text: string): string =>
  /^[\w./:@%+,=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
