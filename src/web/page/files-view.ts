/**
 * Data and files: which images are used, the link, and what can be saved and opened.
 */
import { GENERATED_DIGITS } from '../../data/dataset.ts'
import { grouped } from '../../format.ts'
import { h, type ViewChild, type ViewNode } from './dom.ts'
import { networkNames, pageButton } from './network-view.ts'
import type { PageActions } from './page-actions.ts'
import { pageParts } from './page-link.ts'
import type { PageState } from './page-state.ts'
import { sentenceIn, type Words } from './words-en.ts'

/** The name of a data set in the language of the page. */
export const dataName = (words: Words, name: string): string =>
  name === GENERATED_DIGITS ? words.generatedName : name

export const filesView = (state: PageState, words: Words, act: PageActions): ViewChild => {
  const { settings, data } = state.pair
  const names = networkNames(words, settings)
  const isReady = state.pair.phase === 'ready'
  return [
    h('p', { class: 'prose' }, words.dataLead),
    data === undefined
      ? undefined
      : h(
          'p',
          { class: 'note' },
          words.dataNow(dataName(words, data.name), grouped(data.training), grouped(data.test.labels.length)),
        ),
    dataView(state, words, act),
    linkView(state, words, act),
    h(
      'div',
      { class: 'presets' },
      names.map((name, i) =>
        pageButton(words.saveModel(name), () => act.saveModel(i as 0 | 1), { disabled: !isReady }),
      ),
      pageButton(words.saveCsv, act.saveMetrics, { disabled: !isReady }),
      pageButton(words.saveSvg, act.saveCurves, { disabled: !isReady }),
    ),
    lessonView(state, words, act),
  ]
}

/** Where the images come from. */
const dataView = (state: PageState, words: Words, act: PageActions): ViewChild => {
  const isLocked = state.texts.page.lock === true
  const chosen =
    state.data !== undefined ? undefined : state.texts.first.data === 'mnist' ? 'mnist' : 'digits'
  const choice = (name: 'digits' | 'mnist', label: string): ViewNode =>
    pageButton(label, () => act.useData(name), {
      'aria-pressed': chosen === name ? 'true' : 'false',
      disabled: isLocked || state.isLoadingData,
    })
  const { opened } = state
  return [
    h(
      'div',
      { class: 'presets', role: 'group', 'aria-label': words.flags.data },
      choice('digits', words.generated),
      choice('mnist', state.isLoadingData ? words.mnistLoading : words.mnist),
      h(
        'label',
        { class: 'file' },
        words.chooseFiles,
        h('input', {
          type: 'file',
          multiple: true,
          class: 'unseen',
          disabled: isLocked,
          onchange: (event: Event) => act.openFiles((event.target as HTMLInputElement).files, 'data'),
        }),
      ),
    ),
    h('p', { class: 'drop' }, words.drop),
    opened === undefined
      ? undefined
      : h(
          'p',
          { role: 'status' },
          'refusal' in opened
            ? `${words.notOpened}${sentenceIn(words.fileRefusals, opened.refusal)}`
            : words.openedModel(opened.name, grouped(opened.correct), grouped(opened.n)),
        ),
  ]
}

const linkView = ({ address, isCopied }: PageState, words: Words, act: PageActions): ViewNode =>
  h(
    'div',
    { class: 'link' },
    h(
      'label',
      { class: 'field', for: 'link' },
      h('span', {}, words.link),
      h('input', {
        id: 'link',
        readonly: true,
        value: address,
        onfocus: (event: Event) => (event.target as HTMLInputElement).select(),
      }),
    ),
    pageButton(isCopied ? words.copied : words.copy, () => act.copy(address)),
  )

/** Which parts a link shows, and whether its settings are fixed. */
const lessonView = ({ texts }: PageState, words: Words, act: PageActions): ViewNode => {
  const shown = typeof texts.page.show === 'string' ? texts.page.show.split(',') : [...pageParts]
  const check = (label: string, checked: boolean, change: (isSet: boolean) => void): ViewNode =>
    h(
      'label',
      { class: 'check' },
      h('input', {
        type: 'checkbox',
        checked,
        onchange: (event: Event) => change((event.target as HTMLInputElement).checked),
      }),
      h('span', {}, label),
    )
  return h(
    'details',
    { class: 'lesson' },
    h('summary', {}, words.lesson),
    h('p', { class: 'note' }, words.lessonHint),
    h(
      'div',
      { class: 'presets' },
      pageParts.map(part =>
        check(words.parts[part], shown.includes(part), isSet => {
          const parts = pageParts.filter(each => (each === part ? isSet : shown.includes(each)))
          // a page without parts could not be changed back
          if (parts.length > 0)
            act.set('page', 'show', parts.length === pageParts.length ? undefined : parts.join(','))
        }),
      ),
      check(words.lockSettings, texts.page.lock === true, isSet =>
        act.set('page', 'lock', isSet || undefined),
      ),
    ),
  )
}
