import { expect, it } from 'vitest'
import { mutantsOf, withMutant } from '../../scripts/mutants.ts'

const changed = (text: string): readonly string[] =>
  mutantsOf('file.ts', text).map(mutant => withMutant(text, mutant))

it('changes operators, conditions, numbers, signs, functions and the order of arguments', () => {
  expect(changed('x < 1')).toEqual(['x <= 1', 'x >= 1', 'x < 2'])
  expect(changed('if (f(a)) g()')).toEqual(['if (true) g()', 'if (false) g()', 'if (f(a)) ;'])
  expect(changed('y = -Math.max(!a, sub(b, c))')).toEqual([
    'y = Math.max(!a, sub(b, c))',
    'y = -Math.min(!a, sub(b, c))',
    'y = -Math.max(a, sub(b, c))',
    'y = -Math.max(!a, sub(c, b))',
  ])
})

it('leaves texts, types and imports as they are', () => {
  expect(changed("import { a } from 'b'; type T = 1 | 2; const x: -1 | T = y as 1; z = `${1 + 2}`")).toEqual(
    [],
  )
  expect(changed("z = 'a' + b")).toEqual([])
})
