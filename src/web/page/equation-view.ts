/**
 * Equations (54) to (62) of the chapter in MathML, each with its numbers for the one neuron at this moment.
 */
import type { NeuronCurve } from '../../book/slowdown.ts'
import { h, type ViewChild, type ViewNode } from './dom.ts'
import type { Words } from './words-en.ts'

const mi = (name: string): ViewNode => h('mi', {}, name)
const mo = (sign: string): ViewNode => h('mo', {}, sign)
const row = (...parts: readonly ViewChild[]): ViewNode => h('mrow', {}, ...parts)
const frac = (above: ViewNode, below: ViewNode): ViewNode => h('mfrac', {}, above, below)
const fixed = (sign: string): ViewNode => h('mo', { stretchy: 'false' }, sign)
const group = (...parts: readonly ViewChild[]): ViewNode => row(fixed('('), ...parts, fixed(')'))
const times = mo('⋅')

/** A number of this moment. */
const mn = (value: number): ViewNode => {
  const size = Math.abs(value)
  if (size === 0 || (size >= 1e-3 && size < 1e4)) return signedNumber(Number(value.toPrecision(3)))
  const power = Math.floor(Math.log10(size))
  return row(
    signedNumber(Number((value / 10 ** power).toPrecision(2))),
    mo('×'),
    h('msup', {}, h('mn', {}, '10'), signedNumber(power)),
  )
}

const signedNumber = (value: number): ViewNode =>
  value < 0 ? row(mo('−'), h('mn', {}, String(-value))) : h('mn', {}, String(value))

const partial = (of: string, by: string): ViewNode => frac(row(mo('∂'), mi(of)), row(mo('∂'), mi(by)))
const sigma = row(mi('σ'), group(mi('z')))
const prime = row(h('msup', {}, mi('σ'), mo('′')), group(mi('z')))
const oneMinus = (what: ViewNode): ViewNode => row(h('mn', {}, '1'), mo('−'), what)
const bracket = row(mo('('), frac(mi('y'), sigma), mo('−'), frac(oneMinus(mi('y')), oneMinus(sigma)), mo(')'))

type Equation = {
  readonly number: string
  readonly left: ViewNode
  readonly right: ViewNode
  readonly values: ViewNode
}

const quadraticEquations = (a: number): readonly Equation[] => {
  const slope = a * (1 - a)
  const product = row(mn(a), times, mn(slope), mo('='), mn(a * slope))
  return [
    {
      number: '54',
      left: mi('C'),
      right: frac(h('msup', {}, group(mi('y'), mo('−'), mi('a')), h('mn', {}, '2')), h('mn', {}, '2')),
      values: mn(a ** 2 / 2),
    },
    {
      number: '55',
      left: partial('C', 'w'),
      right: row(group(mi('a'), mo('−'), mi('y')), prime, mi('x'), mo('='), mi('a'), prime),
      values: product,
    },
    {
      number: '56',
      left: partial('C', 'b'),
      right: row(group(mi('a'), mo('−'), mi('y')), prime, mo('='), mi('a'), prime),
      values: product,
    },
  ]
}

const crossEntropyEquations = (a: number): readonly Equation[] => {
  const slope = a * (1 - a)
  const steep = 1 / (1 - a)
  return [
    {
      number: '57',
      left: mi('C'),
      right: row(
        mo('−'),
        fixed('['),
        mi('y'),
        mi('ln'),
        mi('a'),
        mo('+'),
        group(oneMinus(mi('y'))),
        mi('ln'),
        group(oneMinus(mi('a'))),
        fixed(']'),
      ),
      values: mn(-Math.log1p(-a)),
    },
    {
      number: '58',
      left: partial('C', 'w'),
      right: row(mo('−'), bracket, partial('σ', 'w')),
      values: row(mn(steep), times, mn(slope)),
    },
    {
      number: '59',
      left: mi(''),
      right: row(mo('−'), bracket, prime, mi('x')),
      values: row(mn(steep), times, mn(slope), times, mn(1)),
    },
    {
      number: '60',
      left: mi(''),
      right: row(
        frac(row(prime, mi('x')), row(sigma, group(oneMinus(sigma)))),
        group(sigma, mo('−'), mi('y')),
      ),
      values: row(frac(mn(slope), mn(slope)), times, mn(a)),
    },
    { number: '61', left: mi(''), right: row(mi('x'), group(sigma, mo('−'), mi('y'))), values: mn(a) },
    { number: '62', left: partial('C', 'b'), right: row(sigma, mo('−'), mi('y')), values: mn(a) },
  ]
}

export const equationList = (
  quadratic: NeuronCurve,
  xent: NeuronCurve,
  at: number,
  words: Words,
): ViewNode => {
  const column = (name: string, colour: string, equations: readonly Equation[]): ViewNode =>
    h(
      'div',
      { class: 'equations', style: { '--accent': colour } },
      h('h4', {}, name),
      h(
        'ol',
        {},
        equations.map(({ number, left, right, values }) =>
          h(
            'li',
            {},
            h('span', { class: 'number' }, `(${number})`),
            h('math', {}, row(left, mo('='), right)),
            h('math', { class: 'values' }, row(mo('='), values)),
          ),
        ),
      ),
    )
  return h(
    'div',
    { class: 'pairs' },
    column(words.costs.quadratic!, 'var(--quadratic)', quadraticEquations(quadratic.a[at]!)),
    column(words.costs.xent!, 'var(--xent)', crossEntropyEquations(xent.a[at]!)),
  )
}
