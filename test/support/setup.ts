/**
 * Every test file: TensorFlow.js computes on its plain CPU backend, unless the test chooses another; its warnings
 * fail the test, and so does a tensor that outlives it.
 */
import '@tensorflow/tfjs-backend-cpu'
import { env, memory, setBackend } from '@tensorflow/tfjs-core'
import { afterEach, beforeEach, expect } from 'vitest'

// the hint to install the native backend
env().set('IS_NODE', false)
await setBackend('cpu')

let warnings: string[] = []
console.warn = (...words: unknown[]) => void warnings.push(words.map(String).join(' '))

let before = 0
beforeEach(() => {
  warnings = []
  before = memory().numTensors
})

afterEach(() => {
  const left = memory().numTensors - before
  expect(warnings, 'warnings during the test').toEqual([])
  expect(left, 'tensors that outlive the test').toBe(0)
})
