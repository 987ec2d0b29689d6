/**
 * Every test file: TensorFlow.js computes on its plain CPU backend, unless the test chooses another; its warnings
 * fail the test, and so does a tensor that outlives it.
 */
import { memory } from '@tensorflow/tfjs-core'
import { afterEach, beforeEach, expect } from 'vitest'
import { loadBackend } from '../../src/runtime/backend.ts'

await loadBackend('cpu')()

let warnings: string[] = []
let before = 0

console.warn = (...words: unknown[]) => void warnings.push(words.map(String).join(' '))

beforeEach(() => {
  warnings = []
  before = memory().numTensors
})

afterEach(() => {
  expect(warnings, 'warnings during the test').toEqual([])
  expect(memory().numTensors - before, 'tensors that outlive the test').toBe(0)
})
