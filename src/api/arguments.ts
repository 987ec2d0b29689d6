/**
 * Checks of arguments that JavaScript does not make: each says where, what, and what to do.
 */
import { Tensor, Variable } from '@tensorflow/tfjs-core'
import leven from 'leven'
import { refuseArgument } from './network2-error.ts'

/** A value as an error shows it: short, and by its class where it has one. */
export const shownValue = (value: unknown): string => {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)
  if (typeof value === 'function') return `the function ${value.name || '(without a name)'}`
  if (value instanceof Variable) return 'a tf.Variable'
  if (value instanceof Tensor) return `a tensor of the shape [${String(value.shape)}]`
  if (value instanceof Promise) return 'a Promise'
  if (Array.isArray(value)) return shownArray(value)
  if (typeof value !== 'object' || value === null) return String(value)
  const name = (value as { readonly constructor?: { readonly name?: string } }).constructor?.name ?? ''
  return ArrayBuffer.isView(value)
    ? `a ${name}`
    : name === 'Object' || name === ''
      ? 'an object'
      : `a ${name}`
}

const shownArray = (values: readonly unknown[]): string =>
  values.length <= 6 && values.every(item => typeof item === 'number')
    ? `[${values.map(String).join(', ')}]`
    : `an array of length ${values.length}`

/** The names that people know from other libraries, by the name here. */
const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  eta: ['lr', 'learningRate', 'learning_rate', 'alpha', 'stepSize'],
  miniBatchSize: ['batchSize', 'batch_size', 'mini_batch_size', 'batch'],
  lmbda: ['lambda', 'weightDecay', 'weight_decay', 'l2'],
  evaluation: ['evaluationData', 'evaluation_data', 'validationData', 'test', 'testData'],
  monitorTraining: ['monitor_training_accuracy', 'monitor_training_cost'],
  momentum: ['mu'],
  earlyStop: ['earlyStopping', 'early_stopping', 'patience'],
  cost: ['loss', 'costFunction'],
  activation: ['act'],
  init: ['initializer', 'start', 'weights', 'kernelInitializer'],
  seed: ['randomSeed', 'random_state'],
  shuffle: ['isShuffled'],
  labels: ['ys', 'y', 'classes'],
  inputs: ['xs', 'x', 'images'],
}

/** The name that was meant, if one is near. */
const meant = (unknown: string, names: readonly string[]): string | undefined => {
  const known = names.find(name => OTHER_NAMES[name]?.includes(unknown) === true)
  if (known !== undefined) return known
  const distance = (name: string): number => leven(name.toLowerCase(), unknown.toLowerCase())
  const [best] = [...names].sort((one, other) => distance(one) - distance(other))
  return best !== undefined && distance(best) <= Math.max(2, unknown.length / 3) ? best : undefined
}

const suggestion = (unknown: string, names: readonly string[], what: string): string => {
  const best = meant(unknown, names)
  return `${best === undefined ? '' : `did you mean ${best}? `}${what}: ${names.join(', ')}`
}

/** Refuses what is not an object with only these keys. */
export const checkKeys = (where: string, value: unknown, names: readonly string[]): void => {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Tensor)
    refuseArgument(
      where,
      `is ${shownValue(value)}, not an object`,
      `give an object with: ${names.join(', ')}`,
    )
  const unknown = Object.keys(value as object).find(name => !names.includes(name))
  if (unknown !== undefined)
    refuseArgument(`${where}.${unknown}`, 'is unknown', suggestion(unknown, names, 'known are'))
}

/** What a number must be. */
type Rule = { readonly test: (value: number) => boolean; readonly expected: string }

/** What numbers can be asked to be. */
export const rules = {
  count: { test: n => Number.isSafeInteger(n) && n > 0, expected: 'a whole number above 0' },
  countOrZero: { test: n => Number.isSafeInteger(n) && n >= 0, expected: 'a whole number, 0 or more' },
  positive: { test: x => Number.isFinite(x) && x > 0, expected: 'a number above 0' },
  nonNegative: { test: x => Number.isFinite(x) && x >= 0, expected: 'a number, 0 or more' },
  share: { test: x => x >= 0 && x < 1, expected: 'a number from 0 to below 1' },
} as const satisfies Readonly<Record<string, Rule>>

/** The value, if it is a number that the rule allows. */
export const checkNumber = (where: string, value: unknown, { test, expected }: Rule): number =>
  typeof value === 'number' && test(value)
    ? value
    : refuseArgument(where, `is ${shownValue(value)}`, `give ${expected}`)

/** The value, if it is true or false. */
export const checkBoolean = (where: string, value: unknown): boolean =>
  typeof value === 'boolean' ? value : refuseArgument(where, `is ${shownValue(value)}`, 'give true or false')

/** The value, if it is one of these words. */
export const checkWord = <W extends string>(where: string, value: unknown, words: readonly W[]): W =>
  words.find(word => word === value) ??
  refuseArgument(
    where,
    `is ${shownValue(value)}`,
    suggestion(typeof value === 'string' ? value : '', words, 'known are'),
  )

/**
 * A part of the maths, from its record or its name.
 *
 * @param methods the functions that a record has
 */
export const checkPart = <P extends object>(
  where: string,
  value: unknown,
  registry: Readonly<Record<string, P>>,
  methods: readonly (keyof P & string)[],
  example: string,
): P => {
  if (typeof value === 'string') {
    const found = Object.hasOwn(registry, value) ? registry[value] : undefined
    return (
      found ??
      refuseArgument(where, `is ${shownValue(value)}`, suggestion(value, Object.keys(registry), 'known are'))
    )
  }
  if (typeof value !== 'object' || value === null)
    return refuseArgument(
      where,
      `is ${shownValue(value)}`,
      `give a record, such as ${example}, or a name: ${Object.keys(registry).join(', ')}`,
    )
  const missing = methods.find(name => typeof (value as Record<string, unknown>)[name] !== 'function')
  if (missing !== undefined)
    refuseArgument(
      where,
      `has no function ${missing}`,
      `give a record with ${methods.join(', ')}: copy one, such as { ...${example}, ${missing}: … }`,
    )
  return value as P
}

/**
 * Refuses a tensor that cannot be read: a variable, one that was disposed of, or one of another copy of TensorFlow.js.
 *
 * @returns the tensor, or undefined if the value is none
 */
export const checkTensor = (where: string, value: unknown): Tensor | undefined => {
  if (value instanceof Variable)
    refuseArgument(
      where,
      'is a tf.Variable, which changes when it is assigned',
      'give its numbers of this moment: variable.clone(), or await variable.data()',
    )
  if (value instanceof Tensor) {
    if (value.isDisposed)
      refuseArgument(
        where,
        `is ${shownValue(value)} that has been disposed of`,
        'use it before dispose() and outside of the tidy() that made it, or return it from that tidy()',
      )
    return value
  }
  if (typeof value === 'object' && value !== null && 'dataId' in value && 'dtype' in value)
    refuseArgument(
      where,
      'is a tensor of another copy of @tensorflow/tfjs-core',
      'keep one copy (npm ls @tensorflow/tfjs-core shows them, npm dedupe joins them), or give its numbers: await tensor.data()',
    )
  return undefined
}
