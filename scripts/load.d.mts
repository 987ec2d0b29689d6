/** The file of the JavaScript of a module, by its path from the root of the project. */
export declare const builtFile: (path: string) => string
