/** The folder for what is kept between runs, for all checkouts and projects: NETWORK2_CACHE, or the user's cache folder. */
export declare const cacheFolder: (env: NodeJS.ProcessEnv) => string
