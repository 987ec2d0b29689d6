/** The progress of a long operation, in bytes or images. */
export type LoadProgress = {
  /** The operation, in words. */
  readonly what: string
  readonly done: number
  readonly of: number
}
