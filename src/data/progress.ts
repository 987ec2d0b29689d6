/** How far something that takes long has come: `done` `of` so many bytes, or images. */
export type LoadProgress = {
  /** What is being done, in words. */
  readonly what: string
  readonly done: number
  readonly of: number
}
