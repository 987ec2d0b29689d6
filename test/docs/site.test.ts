/**
 * The documentation, built once by its command: the docstrings of all public names, every link, and the pages in a browser.
 */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, normalize } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from '../../scripts/package.mjs'
import { missingInDocstrings } from '../../scripts/public-names.ts'
import { readProject } from '../../scripts/site.ts'
import { documents, readDocument } from '../support/documents.ts'
import { isLong } from '../support/long.ts'
import { chromium, findings, look, startChromium, type Browser } from '../support/chromium.ts'

const folder = mkdtempSync(join(tmpdir(), 'network2-docs-'))
const site = join(folder, 'site')

let printed: { readonly stdout: string; readonly stderr: string }
let pages: ReadonlyMap<string, string>

const filesIn = (of: string): readonly string[] =>
  readdirSync(of, { recursive: true, encoding: 'utf8' }).map(name => name.replaceAll('\\', '/'))

beforeAll(async () => {
  printed = await promisify(execFile)(process.execPath, [join(root, 'scripts', 'run.mjs'), 'docs', site])
  const names = filesIn(site).filter(name => name.endsWith('.html'))
  pages = new Map(names.map(name => [name, readFileSync(join(site, name), 'utf8')]))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the docstrings', () => {
  it('of the public names say all that they must', () => {
    expect(printed.stderr).toBe('')
    const [, count] = /^The documentation of (\d+) public names: /.exec(printed.stdout) ?? []
    expect(Number(count)).toBeGreaterThan(400)
  })

  it('are found incomplete without a text, a shape or a unit', async () => {
    const planted = join(folder, 'planted')
    mkdirSync(planted)
    writeFileSync(join(planted, 'README.md'), '')
    writeFileSync(
      join(planted, 'tsconfig.build.json'),
      '{ "compilerOptions": { "lib": ["es2023"], "types": [] }, "files": ["planted.ts"] }',
    )
    writeFileSync(
      join(planted, 'planted.ts'),
      `declare class Tensor2D { private readonly rank: 2 }
      export const undocumented = (): string => ''
      export type Options = {
        readonly missing: string
        /** Says it. */
        readonly there: string
        readonly kind: 'a' | 'b'
      }
      /** The rows. */
      export const shapeless = (rows: Tensor2D): Tensor2D => rows
      /** The rows [m, j]. */
      export const shaped = (rows: Tensor2D): Tensor2D => rows
      /** Waits. */
      export const unitless = (time: number): void => void time
      /** Waits.
       * @param time in milliseconds */
      export const timed = (time: number): void => void time
      /** A record. */
      export type Part = {
        /** Changes it. */
        readonly fn: (values: Float32Array) => Float32Array
        /** How wide it is. */
        readonly width: number
      }
      /** The parts, by their names. */
      export const parts = { one: {} as Part }`,
    )
    const { project } = await readProject(planted, ['planted.ts'], [])
    expect(missingInDocstrings(project).toSorted()).toEqual([
      'Options has no docstring',
      'Options.missing has no docstring',
      'Part.fn does not say the shape of its tensors',
      'Part.width does not say what its number counts or measures',
      'shapeless does not say the shape of its tensors',
      'undocumented has no docstring',
      'unitless does not say what its number counts or measures',
    ])
  })
})

/** A heading's anchor, as GitHub makes it. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-')

/** Markdown without its code. */
const prose = (text: string): string => text.replace(/^```.*?^```$/gms, '').replace(/`[^`\n]*`/g, 'code')

const isExternal = (link: string): boolean => /^[a-z]+:/.test(link)

/** Why a link to another site is wrong: not an address, or not encrypted. */
const misspelt = (link: string): boolean => !URL.canParse(link) || new URL(link).protocol !== 'https:'

describe('every link', () => {
  it.each(documents)('of %s leads to a file and a heading', file => {
    const headings = (name: string): readonly string[] =>
      [
        ...readDocument(name)
          .replace(/^```.*?^```$/gms, '')
          .matchAll(/^#+ (.*)$/gm),
      ].map(([, heading]) => anchorOf(heading!))
    const wrong = [...prose(readDocument(file)).matchAll(/\]\(([^)\s]*)\)/g)]
      .map(([, link]) => link!)
      .filter(link => {
        if (isExternal(link)) return misspelt(link)
        const [path, anchor] = link.split('#')
        const target = path === '' ? file : normalize(join(dirname(file), path!)).replaceAll('\\', '/')
        if (!existsSync(join(root, target))) return true
        return anchor !== undefined && !headings(target).includes(anchor)
      })
    expect(wrong).toEqual([])
  })

  it('of the site leads to a file of the site and a place in it', () => {
    const files = new Set(filesIn(site))
    const unescaped = (text: string): string => text.replaceAll('&amp;', '&').replaceAll('&quot;', '"')
    const icons = readFileSync(join(site, 'assets', 'icons.svg'), 'utf8')
    const places = new Map(
      [...pages, ['assets/icons.svg', icons] as const].map(([name, text]) => [
        name,
        new Set([...text.matchAll(/\bid="([^"]*)"/g)].map(([, id]) => unescaped(id!))),
      ]),
    )
    const wrong = [...pages].flatMap(([name, text]) =>
      [...text.matchAll(/\b(?:href|src)="([^"]*)"/g)]
        .map(([, link]) => unescaped(link!))
        .filter(link => {
          // the page's icon, which is empty
          if (link === 'data:,') return false
          if (isExternal(link)) return misspelt(link)
          const [path, anchor] = link.split('#').map(decodeURIComponent)
          const target = path === '' ? name : join(dirname(name), path!).replaceAll('\\', '/')
          if (!files.has(target)) return true
          return anchor !== undefined && anchor !== '' && places.get(target)?.has(anchor) !== true
        })
        .map(link => `${name}: ${link}`),
    )
    expect(wrong).toEqual([])
    expect(pages.size).toBeGreaterThan(150)
  })
})

/** What is written here: the rest, such as the navigation, is TypeDoc's. */
const CONTENT = '.col-content'

/** The page of a document. */
const pageOf = (file: string): string =>
  file === 'README.md'
    ? 'index.html'
    : file
        .replace('src/web/docs/', '')
        .replaceAll('/', '-')
        .replace(/[.]md$/, '.html')

describe.skipIf(chromium.isMissing)('in a browser', chromium.why, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await startChromium()
  })
  afterAll(() => browser.close())

  const shown = [...documents.map(pageOf), 'functions/network2.sgd.html']

  const looks = [
    [390, 'light'],
    [1280, 'dark'],
  ] as const
  const otherLooks = [
    [390, 'dark'],
    [1280, 'light'],
  ] as const

  it.each(shown)('%s asks for nothing from elsewhere, fits a phone, and can be read', async name => {
    const { tab } = browser
    for (const [width, scheme] of isLong ? [...looks, ...otherLooks] : looks) {
      await look(tab, scheme, width)
      const asked = await tab.open(join(site, name))
      const what = `${width} pixels, ${scheme}`
      const elsewhere = asked.filter(url => !/^(data|blob):/.test(url) && !url.startsWith(`file://${site}/`))
      expect(elsewhere, what).toEqual([])
      expect(await tab.evaluate('document.documentElement.scrollWidth'), what).toBe(width)
      expect(await findings(tab, CONTENT), what).toEqual([])
    }
  })
})
