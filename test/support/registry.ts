/**
 * A registry of packages for npm that has those of this project's node_modules: what a test installs comes from no
 * network.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { root } from '../../scripts/package.mjs'

type Manifest = { readonly name: string; readonly version: string }

/** The folders of the packages with a name, from the lockfile. */
const foldersOf = (name: string): readonly string[] => {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, unknown>>
  }
  return Object.keys(packages).filter(path => path.endsWith(`node_modules/${name}`))
}

const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest

/** What a registry answers about a package; its files are at the path of its folder. */
const packument = (address: string, name: string) => {
  const versions = foldersOf(name).map(folder => {
    const manifest = manifestOf(folder)
    return [manifest.version, { ...manifest, dist: { tarball: `${address}/${folder}.tar` } }] as const
  })
  return { name, 'dist-tags': { latest: versions.at(-1)?.[0] }, versions: Object.fromEntries(versions) }
}

export type Registry = { readonly address: string; readonly close: () => void }

export const openRegistry = async (): Promise<Registry> => {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '').slice(1)
    if (path.endsWith('.tar')) {
      const folder = join(root, path.slice(0, -'.tar'.length))
      const flags = ['--create', '--exclude=node_modules', '--directory', dirname(folder), basename(folder)]
      spawn('tar', flags, { stdio: ['ignore', 'pipe', 'inherit'] }).stdout.pipe(response)
    } else if (foldersOf(path).length === 0) response.writeHead(404).end('{}')
    else response.end(JSON.stringify(packument(address, path)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { address, close: () => void server.close() }
}
