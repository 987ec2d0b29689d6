/**
 * The part of the library that needs Node, `network2/node`: data sets and networks in files. Re-exports only.
 */
export { load, loadData, save, type LoadDataOptions } from './runs/promises.ts'
