/**
 * The golden cases against a second program: scripts/golden.py, in NumPy.
 */
import { expect, it } from 'vitest'
import { plans } from '../../scripts/golden.ts'
import { pythonScript, pythonWith } from '../support/python.ts'

const numpy = pythonWith('numpy')

it.skipIf(numpy.isMissing)('NumPy agrees with every golden case within 1e-12', numpy.why, async () => {
  const lines = (await pythonScript('scripts/golden.py')).trim().split('\n')
  const differences = new Map(lines.map(line => line.split(' ') as [string, string]))
  expect([...differences.keys()].toSorted()).toEqual(plans.map(({ name }) => name).toSorted())
  for (const [name, difference] of differences) expect(Number(difference), name).toBeLessThan(1e-12)
})
