/**
 * The learning slowdown: one neuron, both costs on one scale, and the equations with the numbers of this moment.
 */
import { learnNeuron, rates, starts, type NeuronCurve } from '../../book/slowdown.ts'
import { extent } from '../../extent.ts'
import { h, lazily, type ViewChild, type ViewNode } from './dom.ts'
import { lineChart, type ChartLine } from './line-chart.ts'
import { equationList } from './equation-view.ts'
import { networkLegend, pageButton } from './network-view.ts'
import type { PageActions } from './page-actions.ts'
import { NEURON_EPOCHS, type NeuronState, type PageState } from './page-state.ts'
import type { Words } from './words-en.ts'

type Curves = {
  readonly quadratic: NeuronCurve
  readonly xent: NeuronCurve
  /** The cross-entropy along ∂C/∂a, if it is shown. */
  readonly script: NeuronCurve | undefined
}

const curvesFor = ({ w, b, eta, isScript }: NeuronState): Curves => {
  const common = { start: { w, b }, eta, epochs: NEURON_EPOCHS }
  return {
    quadratic: learnNeuron({ ...common, cost: 'quadratic', step: 'gradient' }),
    xent: learnNeuron({ ...common, cost: 'xent', step: 'gradient' }),
    script: isScript ? learnNeuron({ ...common, cost: 'xent', step: 'dC/da' }) : undefined,
  }
}

/** The curves of the settings that were asked for last: they are the same in each frame of an animation. */
const remembered = <A extends object, B>(f: (value: A) => B, same: (one: A, other: A) => boolean) => {
  let last: { readonly value: A; readonly result: B } | undefined
  return (value: A): B => {
    if (last === undefined || !same(last.value, value)) last = { value, result: f(value) }
    return last.result
  }
}

const neuronCurves = remembered(
  curvesFor,
  (one, other) =>
    one.w === other.w && one.b === other.b && one.eta === other.eta && one.isScript === other.isScript,
)

/** A number with three digits, with a typographic minus. */
export const shortNumber = (value: number): string => {
  const size = Math.abs(value)
  const text =
    size !== 0 && (size < 1e-3 || size >= 1e5) ? value.toExponential(1) : String(Number(value.toPrecision(3)))
  return text.replaceAll('-', '−')
}

const slopes = ({ a }: NeuronCurve): readonly number[] => a.map(each => each * (1 - each))

export const neuronView = (state: PageState, words: Words, act: PageActions): ViewChild => {
  const { neuron } = state
  const curves = neuronCurves(neuron)
  return [
    h('p', { class: 'prose' }, words.neuronLead),
    h(
      'div',
      { class: 'neuron' },
      neuronControls(neuron, words, act),
      h(
        'div',
        { class: 'neuron-charts' },
        networkLegend([words.costs.quadratic!, words.costs.xent!], ['var(--quadratic)', 'var(--xent)']),
        h(
          'div',
          { class: 'charts small' },
          lazily(quantityChart, words, words.output, curves, 'a', neuron.at),
          lazily(quantityChart, words, words.costC, curves, 'cost', neuron.at),
          lazily(quantityChart, words, words.gradient, curves, 'gradient', neuron.at),
          lazily(quantityChart, words, words.slope, curves, 'slope', neuron.at),
        ),
      ),
    ),
    scriptNote(neuron, curves, words),
    h('h3', { class: 'above' }, words.equations),
    equationList(curves.quadratic, curves.xent, neuron.at, words),
  ]
}

const neuronControls = (neuron: NeuronState, words: Words, act: PageActions): ViewNode => {
  const slider = (
    name: 'w' | 'b' | 'eta',
    label: string,
    low: number,
    high: number,
    step: number,
  ): ViewNode =>
    h(
      'label',
      { class: 'slider', for: `neuron-${name}` },
      h('span', {}, label),
      h('output', { for: `neuron-${name}` }, shortNumber(neuron[name])),
      h('input', {
        type: 'range',
        id: `neuron-${name}`,
        min: low,
        max: high,
        step,
        value: String(neuron[name]),
        oninput: (event: Event) => act.neuron({ [name]: Number((event.target as HTMLInputElement).value) }),
      }),
    )
  const isOver = neuron.at >= NEURON_EPOCHS
  return h(
    'div',
    { class: 'controls', role: 'group', 'aria-label': words.parts.neuron },
    h(
      'div',
      { class: 'presets', role: 'group', 'aria-label': words.start },
      starts.map(({ w, b }, i) =>
        pageButton(i === 0 ? words.startWrong : words.startSaturated, () => act.neuron({ w, b }), {
          'aria-pressed': neuron.w === w && neuron.b === b ? 'true' : 'false',
        }),
      ),
    ),
    slider('w', words.weight, -4, 4, 0.1),
    slider('b', words.bias, -4, 4, 0.1),
    slider('eta', words.rate, 0.005, 1, 0.005),
    h(
      'div',
      { class: 'presets' },
      pageButton(
        neuron.isRunning ? words.pause : words.run,
        () =>
          act.neuron(
            neuron.isRunning ? { isRunning: false } : { isRunning: true, at: isOver ? 0 : neuron.at },
          ),
        { class: 'primary', id: 'run-neuron' },
      ),
      pageButton(
        words.step,
        () => act.neuron({ isRunning: false, at: Math.min(NEURON_EPOCHS, neuron.at + 1) }),
        {
          disabled: isOver,
        },
      ),
      pageButton(words.restart, () => act.neuron({ isRunning: false, at: 0 }), { disabled: neuron.at === 0 }),
    ),
    h(
      'label',
      { class: 'slider', for: 'neuron-at' },
      h('span', {}, words.time),
      h('output', { for: 'neuron-at' }, `${neuron.at} / ${NEURON_EPOCHS}`),
      h('input', {
        type: 'range',
        id: 'neuron-at',
        min: 0,
        max: NEURON_EPOCHS,
        step: 1,
        value: String(neuron.at),
        oninput: (event: Event) =>
          act.neuron({ isRunning: false, at: Number((event.target as HTMLInputElement).value) }),
      }),
    ),
    h(
      'label',
      { class: 'check' },
      h('input', {
        type: 'checkbox',
        checked: neuron.isScript,
        id: 'neuron-script',
        // each with the learning rate that the chapter has for it
        onchange: (event: Event) => {
          const isScript = (event.target as HTMLInputElement).checked
          act.neuron({ isScript, eta: isScript ? rates.xent : rates.quadratic })
        },
      }),
      h('span', {}, words.asScript),
    ),
  )
}

type Quantity = 'a' | 'cost' | 'gradient' | 'slope'

const quantityChart = (
  words: Words,
  title: string,
  curves: Curves,
  quantity: Quantity,
  at: number,
): ViewNode => {
  const values = (curve: NeuronCurve): readonly number[] =>
    quantity === 'slope' ? slopes(curve) : curve[quantity]
  const line = (name: string, colour: string, curve: NeuronCurve, isDashed = false): ChartLine => ({
    name,
    colour,
    isDashed,
    points: values(curve).map((y, x) => ({ x, y })),
  })
  const lines = [
    line(words.costs.quadratic!, 'var(--quadratic)', curves.quadratic),
    line(words.costs.xent!, 'var(--xent)', curves.xent),
    ...(curves.script === undefined ? [] : [line(words.scriptStep, 'var(--xent)', curves.script, true)]),
  ]
  // one scale for both costs; the script's step is so long that the others would lie at the bottom
  const [, high] = extent([...values(curves.quadratic), ...values(curves.xent)].filter(Number.isFinite))
  return h(
    'figure',
    {},
    h('figcaption', {}, title),
    lineChart({
      label: words.neuronChart(
        title,
        at,
        shortNumber(lines[0]!.points[at]!.y),
        shortNumber(lines[1]!.points[at]!.y),
      ),
      title,
      x: words.epochAxis,
      lines,
      xRange: [0, NEURON_EPOCHS],
      yRange: [0, quantity === 'a' ? 1 : quantity === 'slope' ? 0.25 : Math.max(high, 0.01)],
      marker: at,
      writeY: y => String(Number(y.toPrecision(2))),
      isSmall: true,
    }),
  )
}

const scriptNote = (
  { at, isScript }: NeuronState,
  { script }: Curves,
  words: Words,
): ViewNode | undefined => {
  if (!isScript || script === undefined) return undefined
  const a = script.a[at]!
  return h(
    'div',
    { class: 'aside' },
    h('p', {}, words.asScriptHint),
    h(
      'p',
      {},
      words.scriptFactor(
        shortNumber(script.gradient[at]!),
        shortNumber(a),
        shortNumber(script.gradient[at]! / a),
      ),
    ),
  )
}
