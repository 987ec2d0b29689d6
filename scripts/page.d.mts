export type BuiltPage = { readonly file: string; readonly bytes: number; readonly gzipped: number }
export declare const buildPage: (
  root: string,
  options?: {
    readonly folder?: string
    readonly mnistDir?: string | undefined
    /** The address of the documentation, relative to the page. */
    readonly documentation?: string
  },
) => Promise<BuiltPage>
