/**
 * Numbers, times and tables as plain text.
 */
import { extent } from './extent.ts'

/** 12345 as "12,345". (Not `toLocaleString`, whose first call takes 12 ms.) */
export const grouped = (value: number): string => String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',')

export const percentOf = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(2)} %`

/** A number with its noun: "1 epoch", "30 epochs", "1,000 epochs". */
export const counted = (n: number, one: string, many = `${one}s`): string =>
  `${grouped(n)} ${n === 1 ? one : many}`

/** A list in words: "5, 10 and 20". */
export const listed = (all: readonly (string | number)[]): string =>
  all.length < 2 ? all.join('') : `${all.slice(0, -1).join(', ')} and ${all.at(-1)!}`

/** 95 seconds as "1:35". */
export const clock = (seconds: number): string => {
  const whole = Math.max(0, Math.round(seconds))
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const two = (n: number): string => String(n).padStart(2, '0')
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}

/**
 * The lines of a table, with two spaces between columns. The columns are aligned left; those for which `isRight` is true
 * are aligned right.
 */
export const aligned = (
  rows: readonly (readonly string[])[],
  isRight: (column: number) => boolean = () => false,
): readonly string[] => {
  const widths = (rows[0] ?? []).map((_, column) => extent(rows.map(row => row[column]!.length))[1])
  const pad = (cell: string, column: number): string =>
    isRight(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)
  return rows.map(row => row.map(pad).join('  ').trimEnd())
}

/** A text as a shell takes it for one word. */
export const shellQuoted = (text: string): string =>
  /^[\w./:@%+,=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`

/**
 * A text for one line of a terminal, log or page: control characters, line breaks, marks of direction and other invisible
 * characters are written as in JSON, such as \\u202e.
 */
export const visible = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, character =>
    Array.from(
      { length: character.length },
      (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`,
    ).join(''),
  )

/** Breaks a line between words to fit a terminal, or 100 columns; the rows of a table are not broken. */
export const toWidth =
  (columns = 100) =>
  (line: string): readonly string[] => {
    const indent = /^ */.exec(line)![0]
    if (line.length <= columns || line.trim().includes('  ')) return [line]
    return line
      .trim()
      .split(' ')
      .reduce<readonly string[]>((lines, word) => {
        const last = lines.at(-1)
        return last !== undefined && `${last} ${word}`.length <= Math.min(columns, 100)
          ? [...lines.slice(0, -1), `${last} ${word}`]
          : [...lines, `${indent}${word}`]
      }, [])
  }
