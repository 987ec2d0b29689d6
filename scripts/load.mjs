import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from './package.mjs'

/** The path of the JavaScript of a TypeScript file, both from the root; another file stays where it is. */
const builtPath = path =>
  path.endsWith('.ts') ? join('dist', path.replace(/^src[\\/]/, '').replace(/ts$/, 'js')) : path

/** The file of the JavaScript of a module, by its path from the root of the project. */
export const builtFile = path => join(root, builtPath(path))

/** Imports a module of the project, TypeScript or not, by its path from the root. */
export const load = path => import(pathToFileURL(builtFile(path)).href)
