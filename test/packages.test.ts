/**
 * The lock file: what is installed is what was chosen, from no particular place, and runs nothing while it is.
 */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

type Locked = {
  readonly version?: string
  readonly resolved?: string
  readonly integrity?: string
  readonly link?: boolean
  readonly hasInstallScript?: boolean
}

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../${name}`, import.meta.url), 'utf8')) as unknown

const { packages } = read('package-lock.json') as { readonly packages: Readonly<Record<string, Locked>> }
const manifest = read('package.json') as Readonly<Record<string, Readonly<Record<string, unknown>>>>

const changelog = readFileSync(new URL('../CHANGELOG.md', import.meta.url), 'utf8')

const installed = Object.entries(packages).filter(([path]) => path !== '')

/** Packages with an install script that nobody needs: all is installed with --ignore-scripts. */
const NEVER_RUN = ['core-js', 'esbuild', 'msgpackr-extract']

describe('every package', () => {
  it('is there, and no more than the changelog gives a reason for', () => {
    expect(installed.length).toBeGreaterThan(100)
    const [, recorded] = /(\d+) packages are installed/.exec(changelog) ?? []
    expect(installed.length).toBeLessThanOrEqual(Number(recorded) + 10)
  })

  it('has a checksum', () =>
    expect(installed.filter(([, { integrity }]) => !/^sha512-[\w+/]{86}==$/.test(integrity ?? ''))).toEqual(
      [],
    ))

  it('comes from no host, repository or folder of its own', () =>
    expect(installed.filter(([, { resolved, link }]) => resolved !== undefined || link === true)).toEqual([]))

  it('has an exact version', () =>
    expect(installed.filter(([, { version }]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version ?? ''))).toEqual(
      [],
    ))

  it('runs nothing while it is installed, unless it is known to', () => {
    const known = [...Object.keys(manifest.allowScripts ?? {}), ...NEVER_RUN]
    const scripted = installed
      .filter(([, { hasInstallScript }]) => hasInstallScript === true)
      .map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length))
    expect(scripted.toSorted()).toEqual(known.toSorted())
  })
})

describe('what is asked for', () => {
  it('is one version each, by its number', () => {
    const asked = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })
    expect(asked.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(String(version)))).toEqual([])
  })

  it('allows no script of any package', () =>
    expect(Object.values(manifest.allowScripts ?? {}).filter(isAllowed => isAllowed !== false)).toEqual([]))

  it('has no script that npm runs by itself', () => {
    const names = Object.keys(manifest.scripts ?? {})
    const byItself = (name: string): boolean =>
      /^(install|prepare|dependencies)$|^(pre|post)(install|publish|pack|version)/.test(name) ||
      names.some(other => [`pre${other}`, `post${other}`].includes(name))
    expect(names.filter(byItself)).toEqual([])
  })
})
