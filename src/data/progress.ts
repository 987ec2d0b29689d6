/** The progress of a long operation: a download, or the generation of images. */
export type LoadProgress = {
  /** The operation, in words. */
  readonly what: string
  /** The number of bytes or images that are done. */
  readonly done: number
  /** The number of bytes or images in all. */
  readonly of: number
}
