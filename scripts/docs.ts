/**
 * Builds the documentation.
 *
 *     npm run docs -- [FOLDER]
 */
import { join, resolve } from 'node:path'
import { buildPage } from './page.mjs'
import { root } from './package.mjs'
import { buildSite } from './site.ts'

const [folder] = process.argv.slice(2)
const out = folder === undefined ? join(root, 'dist', 'docs') : resolve(folder)

const { names, complaints } = await buildSite(root, out)
// beside the documentation, as one site
const page = await buildPage(root, {
  folder: join(out, 'page'),
  mnistDir: process.env.MNIST_DIR,
  documentation: '../index.html',
})
for (const complaint of complaints) console.error(complaint)
console.log(`The documentation of ${names} public names: ${join(out, 'index.html')}`)
console.log(`The page: ${page.file}`)
if (complaints.length > 0) process.exitCode = 1
