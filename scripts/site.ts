/**
 * The documentation as a site: the README, the pages of src/web/docs, and a page for each public name. TypeDoc writes it:
 * HTML with one style sheet and scripts, which open without a server and ask for nothing from elsewhere.
 */
import { join } from 'node:path'
import {
  Application,
  Converter,
  KindRouter,
  PageEvent,
  type Context,
  type ProjectReflection,
  type Reflection,
} from 'typedoc'
import { compiledKernels } from '../src/compiler/passes/canonicalize.ts'
import { simplified } from '../src/compiler/passes/simplify.ts'
import { lowerings } from '../src/compiler/xla/ops.ts'
import { manifest } from './package.mjs'
import { missingInDocstrings, publicNames } from './public-names.ts'

/** The sources of the package's entries, which package.json names by their declarations. */
const entriesOf = ({ exports }: ReturnType<typeof manifest>): readonly string[] =>
  Object.values(exports).flatMap(entry =>
    typeof entry === 'string' ? [] : [entry.types.replace(/^[.]\/dist\/(.*)[.]d[.]ts$/, 'src/$1.ts')],
  )

/** The pages in the order in which they are listed. */
const PAGES = [
  ...[
    ...[
      'getting-started',
      'chapter-tour',
      'writing-a-cost',
      'compiling',
      'training-step',
      'runs',
      'comparing',
      'reproducibility',
    ],
    ...['limits', 'glossary', 'getting-started.zh-CN'],
  ].map(name => `src/web/docs/${name}.md`),
  ...['README.zh-CN.md', 'data/README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'],
]

/** In a page, the place of the table of kernels. */
const TABLE_OF_KERNELS = '<!-- the table of kernels, which `npm run docs` writes -->'

/** Which kernels each compiled engine takes, from the registries of the compiler. */
const tableOfKernels = (): string => {
  const engines = [new Set(compiledKernels()), new Set(Object.keys(lowerings))]
  const rewritten = new Set(simplified)
  const entry = (kernel: string, engine: ReadonlySet<string>): string =>
    engine.has(kernel) ? 'yes' : rewritten.has(kernel) ? 'as others' : 'no'
  const kernels = [...new Set([...rewritten, ...engines.flatMap(engine => [...engine])])].toSorted()
  return [
    '| kernel | WebAssembly | XLA |',
    '| --- | --- | --- |',
    ...kernels.map(
      kernel => `| \`${kernel}\` | ${engines.map(engine => entry(kernel, engine)).join(' | ')} |`,
    ),
  ].join('\n')
}

/** The names of the files of the pages, which are those of their sources. */
const files = new WeakMap<Reflection, string>()

class PageRouter extends KindRouter {
  protected override getIdealBaseName(reflection: Reflection): string {
    return files.get(reflection) ?? super.getIdealBaseName(reflection)
  }
}

/** Names the pages by their headings, and writes the table of kernels into its place. */
const finishPages = ({ project }: Context): void => {
  for (const page of project.documents ?? []) {
    const heading = /^# (.+)$/m.exec(page.content[0]?.text ?? '')
    if (heading === null) throw new Error(`${page.name}: a page begins with its heading`)
    files.set(page, page.name.replace('src/web/docs/', '').replaceAll('/', '-'))
    page.name = heading[1]!
    for (const part of page.content) part.text = part.text.replace(TABLE_OF_KERNELS, tableOfKernels)
  }
}

/** The page in which networks train: it lies in the site. */
const TRAINING_PAGE = 'page/index.html'

const depthOf = (url: string): number => url.split('/').length - 1

/** Says the language of a page that is not in English. Without a server, a folder is no page: links to the README get its name. */
const finishPage = (event: PageEvent): void => {
  const [, language = 'en'] = /[.]([a-z]{2}-[A-Z]{2})[.]html$/.exec(event.url) ?? []
  if (event.contents !== undefined)
    event.contents = event.contents
      .replace(/(<html[^>]* lang=)"en"/, `$1"${language}"`)
      .replace(/ href="[.]\/(#[^"]*)?"/g, ' href="index.html$1"')
      .replaceAll(` href="${TRAINING_PAGE}"`, ` href="${'../'.repeat(depthOf(event.url))}${TRAINING_PAGE}"`)
}

/** The part of markdown-it that is changed. */
type Markdown = { readonly renderer: { readonly rules: { table_open?: () => string } } }

/** A wide table can be scrolled with the keyboard. */
const reachTables = ({ renderer }: Markdown): void => {
  renderer.rules.table_open = () => '<table tabindex="0">'
}

/** A project of TypeScript as TypeDoc reads it, and the program that reads it. */
export const readProject = async (
  root: string,
  entries = entriesOf(manifest()),
  pages: readonly string[] = PAGES,
): Promise<{ readonly app: Application; readonly project: ProjectReflection }> => {
  const path = (name: string): string => join(root, name)
  const app = await Application.bootstrap({
    name: 'network2',
    entryPoints: entries.map(path),
    tsconfig: path('tsconfig.build.json'),
    basePath: root,
    // errors of types are found by npm run typecheck
    skipErrorChecking: true,
    excludeExternals: true,
    disableSources: true,
    readme: path('README.md'),
    projectDocuments: pages.map(path),
    customCss: path('src/web/docs/site.css'),
    headings: { readme: false, document: false },
    hideGenerator: true,
    // network2.py is a file, not an address
    markdownItOptions: { html: true, linkify: false },
    markdownItLoader: reachTables,
    navigationLinks: { 'The page': TRAINING_PAGE },
    sort: ['kind', 'source-order'],
    kindSortOrder: ['Document', 'Module', 'Function', 'Variable', 'Class', 'TypeAlias'],
    groupOrder: ['Functions', 'Variables', 'Classes', 'Type Aliases'],
    navigation: { includeGroups: false, includeFolders: false, excludeReferences: true },
    sortEntryPoints: false,
    lightHighlightTheme: 'light-plus',
    darkHighlightTheme: 'dark-plus',
    logLevel: 'Warn',
    // types that are only parts of a public one are shown by their names
    validation: { notExported: false, invalidLink: true, notDocumented: false },
  })
  app.converter.on(Converter.EVENT_RESOLVE_END, finishPages)
  app.renderer.on(PageEvent.END, finishPage)
  app.renderer.defineRouter('pages', PageRouter)
  app.options.setValue('router', 'pages')
  const project = await app.convert()
  if (project === undefined) throw new Error('TypeDoc could not read the project: see its messages above')
  return { app, project }
}

export type Site = {
  /** The number of public names. */
  readonly names: number
  /** What is missing or wrong, a line each. */
  readonly complaints: readonly string[]
}

/** Writes the site into a folder, whose contents it replaces. */
export const buildSite = async (root: string, out: string): Promise<Site> => {
  const { app, project } = await readProject(root)
  app.validate(project)
  await app.generateDocs(project, out)
  const warnings = app.logger.warningCount + app.logger.errorCount
  return {
    names: publicNames(project).length,
    complaints: [
      ...missingInDocstrings(project),
      ...(warnings === 0 ? [] : [`TypeDoc has ${warnings} complaints, which stand above`]),
    ],
  }
}
