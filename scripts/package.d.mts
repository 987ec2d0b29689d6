/** The folder of the package. */
export declare const root: string
/** Whether this is a clone of the repository, and not an installed package. */
export declare const isClone: boolean
/** What the package.json of this package says. */
export declare const manifest: () => {
  readonly version: string
  readonly scripts: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, string | { readonly types: string }>>
}
/** A command of this program, as a person would type it: `npm run train -- …` in a clone, else `network2 train …`. */
export declare const shellCommand: (name: string, args?: string) => string
/** How a user installs packages that few need, which package.json names as optional peers. */
export declare const installCommand: (names: readonly string[]) => string
/** The folder of tfjs-node; undefined if it is not installed. */
export declare const tfjsNode: () => string | undefined
/** The file that records the last installation of the native backend; undefined if tfjs-node is not installed. */
export declare const nativeRecord: () => string | undefined
