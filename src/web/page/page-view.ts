/**
 * The whole page as a function of its state.
 */
import { grouped } from '../../format.ts'
import { h, type ViewChild, type ViewNode } from './dom.ts'
import { dataName, filesView } from './files-view.ts'
import { monitorCharts, pageButton, scores, toolbar } from './network-view.ts'
import { insideView } from './inside-view.ts'
import { drawView } from './draw-view.ts'
import { neuronView } from './neuron-view.ts'
import type { PageActions } from './page-actions.ts'
import { languages, pageParts, type PagePart } from './page-link.ts'
import type { PageState, Trouble } from './page-state.ts'
import { languageTags, wordsOf } from './page-words.ts'
import { seedsView } from './seeds-view.ts'
import { settingsView } from './settings-view.ts'
import type { Words } from './words-en.ts'

export const pageView = (state: PageState, act: PageActions): ViewNode => {
  const words = wordsOf[state.language]
  const shown = shownParts(state)
  return h(
    'div',
    { class: 'page', lang: languageTags[state.language] },
    h(
      'header',
      {},
      h(
        'div',
        { class: 'language', role: 'group', 'aria-label': words.switchLanguage },
        languages.map(language =>
          h(
            'button',
            {
              type: 'button',
              lang: languageTags[language],
              'aria-pressed': language === state.language ? 'true' : 'false',
              onclick: () => act.language(language),
            },
            wordsOf[language].language,
          ),
        ),
      ),
      h('h1', {}, words.title),
      h('p', { class: 'lead' }, words.lead),
      shown.length < 2
        ? undefined
        : h(
            'nav',
            { 'aria-label': words.sections },
            shown.map(part =>
              h(
                'a',
                { href: `#${part}`, onclick: (event: Event) => act.goTo(event, part) },
                words.parts[part],
              ),
            ),
          ),
    ),
    // always there: else all that follows would be made again when it comes, and a reader would lose his place
    h('div', { class: 'alerts' }, trouble(state, words, act)),
    h(
      'main',
      {},
      shown.map(part => section(part, words, partViews[part]?.(state, words, act))),
    ),
    h(
      'footer',
      {},
      state.documentation === undefined
        ? undefined
        : h('p', {}, h('a', { href: state.documentation }, words.documentation)),
      h('p', {}, words.licence),
    ),
  )
}

/** The parts that the link shows. */
const shownParts = ({ texts }: PageState): readonly PagePart[] => {
  const wanted = typeof texts.page.show === 'string' ? texts.page.show.split(',') : pageParts
  return pageParts.filter(part => wanted.includes(part) && part in partViews)
}

const section = (part: PagePart, words: Words, content: ViewChild): ViewNode =>
  h(
    'section',
    { id: part, 'aria-labelledby': `${part}-heading` },
    h('h2', { id: `${part}-heading`, tabindex: -1 }, words.parts[part]),
    content,
  )

const trouble = (
  { trouble: found, pair }: PageState,
  words: Words,
  act: PageActions,
): ViewNode | undefined =>
  found !== undefined
    ? h(
        'div',
        { class: 'trouble', role: 'alert' },
        found.kind === 'no-mnist' ? h('p', {}, words.mnistMissing) : refusedSettings(found, words),
        pageButton(words.useStart, act.reset),
      )
    : pair.phase === 'lost'
      ? h(
          'div',
          { class: 'trouble', role: 'alert' },
          h('p', {}, words.lost),
          pageButton(words.startAgain, act.restart),
        )
      : undefined

const refusedSettings = (
  { kind, error }: Exclude<Trouble, { readonly kind: 'no-mnist' }>,
  words: Words,
): ViewChild => {
  const { message, remedy } = words.refusedFor(error)
  return [
    h('p', {}, h('strong', {}, kind === 'link' ? words.linkRefused : words.settingsRefused), message),
    h('p', {}, remedy),
  ]
}

type PartView = (state: PageState, words: Words, act: PageActions) => ViewChild

const partViews: Partial<Readonly<Record<PagePart, PartView>>> = {
  neuron: neuronView,
  network: (state, words, act) => [
    h(
      'p',
      { class: 'prose' },
      state.pair.data === undefined
        ? words.preparing
        : words.networkLead(
            grouped(state.pair.data.training),
            grouped(state.pair.data.test.labels.length),
            dataName(words, state.pair.data.name),
          ),
    ),
    toolbar(state, words, act),
    scores(state, words),
    monitorCharts(state, words, act),
    settingsView(state, words, act),
    insideView(state, words, act),
  ],
  draw: drawView,
  seeds: seedsView,
  files: filesView,
}
