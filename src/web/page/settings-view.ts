/**
 * The settings of both networks, from the table of options of the command line.
 */
import { activations } from '../../core/activations/index.ts'
import { costNames, costs } from '../../core/costs/index.ts'
import { optimizers } from '../../core/optimizers/index.ts'
import { initializers } from '../../core/params.ts'
import { regularizers } from '../../core/regularizers/index.ts'
import { DEFAULT_COPIES } from '../../data/expand.ts'
import type { Expansion } from '../../data/expansion.ts'
import { expansions } from '../../data/expansions/index.ts'
import { h, type ViewNode } from './dom.ts'
import { secondTexts, type Texts } from './page-link.ts'
import { pageButton } from './network-view.ts'
import type { PageActions } from './page-actions.ts'
import type { PageState } from './page-state.ts'
import type { Words } from './words-en.ts'

/** The choices of a setting that has a few; the others are typed. */
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  cost: costNames,
  // what has a derivative can be in a hidden layer
  activation: Object.entries(activations).flatMap(([name, activation]) =>
    'prime' in activation ? [name] : [],
  ),
  init: Object.keys(initializers),
  regularizer: Object.keys(regularizers),
  optimizer: Object.keys(optimizers),
  expand: ['none', ...Object.keys(expansions)],
}

/** The settings that are on or off, and what they are where a link says nothing. */
const SWITCHES: Readonly<Record<string, boolean>> = { shuffle: true, 'expand-each-epoch': false }

/** The settings of the expansion that is chosen, with what stands in an empty field. */
const expansionFields = ({
  expand,
  'expand-each-epoch': isEach,
}: Texts): readonly (readonly [flag: string, empty: string])[] => {
  const chosen: Expansion | undefined = Object.hasOwn(expansions, String(expand))
    ? expansions[String(expand) as keyof typeof expansions]
    : undefined
  if (chosen === undefined) return []
  const { fixedCopies, parameters } = chosen
  return [
    ...(fixedCopies !== undefined || isEach === true
      ? []
      : [['expand-copies', String(DEFAULT_COPIES)] as const]),
    ...(fixedCopies === undefined ? [['expand-each-epoch', ''] as const] : []),
    ...Object.entries(parameters).map(([name, value]) => [`expand-${name}`, String(value)] as const),
  ]
}

/** The settings in the order of the page, with what stands in an empty field. */
const COMMON: readonly (readonly [flag: string, empty: string])[] = [
  ['sizes', '784,30,10'],
  ['train-size', ''],
  ['epochs', '30'],
  ['mini-batch-size', '10'],
  ['init', 'default'],
  ['activation', 'sigmoid'],
  ['regularizer', 'l2'],
  ['lmbda', '0'],
  ['optimizer', 'sgd'],
  ['momentum', ''],
  ['dropout', '0'],
  ['early-stop', 'never'],
  ['eta-schedule', 'none'],
  ['shuffle', ''],
  ['seed', '0'],
  ['expand', 'none'],
]

export const settingsView = (state: PageState, words: Words, act: PageActions): ViewNode => {
  const { first, second, page } = state.texts
  const isLocked = page.lock === true
  const merged = secondTexts(first, second)
  const rate = (cost: unknown): string => String(costs[(cost ?? 'xent') as keyof typeof costs].eta)
  const field = (place: 'first' | 'second', flag: string, value: Texts[string], empty: string): ViewNode => {
    const choices = CHOICES[flag]
    const id = `${place}-${flag}`
    const common = {
      id,
      disabled: isLocked,
      onchange: (event: Event) => {
        const { value } = event.target as HTMLInputElement
        act.set(place, flag, value.trim() === '' ? undefined : value.trim())
      },
    }
    const byDefault = SWITCHES[flag]
    if (byDefault !== undefined)
      return h(
        'label',
        { class: 'check', for: id },
        h('input', {
          ...common,
          type: 'checkbox',
          checked: value ?? byDefault,
          onchange: (event: Event) => {
            const { checked } = event.target as HTMLInputElement
            act.set(place, flag, checked === byDefault ? undefined : checked)
          },
        }),
        h('span', {}, words.flags[flag] ?? flag),
      )
    return h(
      'label',
      { class: 'field', for: id },
      h('span', {}, words.flags[flag] ?? flag),
      choices === undefined
        ? h('input', {
            ...common,
            value: String(value ?? ''),
            placeholder: words.emptyFields[empty] ?? empty,
            inputmode: flag === 'sizes' || flag === 'eta-schedule' ? 'text' : 'decimal',
            autocomplete: 'off',
          })
        : h(
            'select',
            common,
            choices.map(choice =>
              h(
                'option',
                { value: choice, selected: choice === (value ?? empty) },
                flag === 'cost' ? (words.costs[choice] ?? choice) : (words.emptyFields[choice] ?? choice),
              ),
            ),
          ),
    )
  }
  const pair = (place: 'first' | 'second', texts: Texts): ViewNode =>
    h(
      'fieldset',
      { class: 'of-one', style: { '--accent': `var(--${String(texts.cost ?? 'xent')})` } },
      h('legend', {}, words.costs[String(texts.cost ?? 'xent')] ?? ''),
      field(place, 'cost', texts.cost, 'xent'),
      field(place, 'eta', texts.eta, rate(texts.cost)),
    )
  return h(
    'details',
    { class: 'settings', id: 'settings' },
    h('summary', {}, words.settings),
    isLocked ? h('p', { class: 'note' }, words.locked) : undefined,
    h('div', { class: 'pairs' }, pair('first', first), pair('second', merged)),
    h(
      'fieldset',
      {},
      h('legend', {}, words.forBoth),
      h(
        'div',
        { class: 'fields' },
        [...COMMON, ...expansionFields(first)].map(([flag, empty]) =>
          field('first', flag, first[flag], empty),
        ),
      ),
      pageButton(words.newSeed, () => act.set('first', 'seed', String(Number(first.seed ?? 0) + 1)), {
        disabled: isLocked,
      }),
    ),
    state.pair.settings === undefined
      ? undefined
      : h(
          'div',
          { class: 'commands' },
          h(
            'p',
            { class: 'note' },
            state.pair.settings.some(({ config }) => config.selectOn !== undefined)
              ? words.commandLineDecides
              : words.commandLine,
          ),
          state.pair.settings.map(({ flags, cost }) =>
            h('pre', { tabindex: 0, 'data-cost': cost }, `npx network2 train ${flags}`),
          ),
        ),
  )
}
