/**
 * Builds the documentation.
 *
 *     npm run docs -- [FOLDER]
 */
import { join, resolve } from 'node:path'
import { root } from './package.mjs'
import { buildSite } from './site.ts'

const [folder] = process.argv.slice(2)
const out = folder === undefined ? join(root, 'dist', 'docs') : resolve(folder)

const { names, complaints } = await buildSite(root, out)
for (const complaint of complaints) console.error(complaint)
console.log(`The documentation of ${names} public names: ${join(out, 'index.html')}`)
if (complaints.length > 0) process.exitCode = 1
