/** @returns undefined, or why the sources could not be translated and what to do */
export declare const buildSources: (root: string) => Promise<string | undefined>
