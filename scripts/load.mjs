import { dirname } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { modulePath } from './build.mjs'

/** The folder of the project. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Imports a module of the project, TypeScript or not, by its path from the root. */
export const load = path => import(pathToFileURL(modulePath(root, path)).href)
