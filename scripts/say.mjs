/** Prints a line about the work on standard error: standard output is for results. */
export const say = line => void process.stderr.write(`${line}\n`)
