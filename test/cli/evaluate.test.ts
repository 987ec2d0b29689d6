/** `evaluate`, in this process. */
import * as E from 'fp-ts/lib/Either.js'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runCommand } from '../../src/cli/command.ts'
import { evaluateCommand } from '../../src/cli/commands/evaluate-command.ts'
import { exitCode } from '../../src/errors.ts'
import { systemEnv } from '../../src/io/env.ts'
import { cli, inFolder } from '../support/cli.ts'

type Said = { readonly code: number; readonly out: readonly string[]; readonly err: string }

const evaluate = async (
  model: string,
  data: string,
  flags: Readonly<Record<string, unknown>> = {},
): Promise<Said> => {
  const [out, log]: string[][] = [[], []]
  const result = await runCommand(
    evaluateCommand,
    { model, data, backend: 'cpu', ...flags },
    {
      ...systemEnv,
      columns: undefined,
      out: line => void out!.push(line),
      log: line => void log!.push(line),
    },
  )()
  return E.isRight(result)
    ? { code: 0, out: out!, err: log!.join('\n') }
    : { code: exitCode(result.left), out: out!, err: `${result.left.message} | ${result.left.remedy}` }
}

/** Answers 1 where the first input is larger than the second, else 0. */
const larger = '"sizes": [2, 2], "weights": [[[-1, 1], [1, -1]]], "biases": [[[0], [0]]]'

const examples = '{"inputs": [[0, 1], [1, 0], [2, 1]], "labels": [0, 1, 0]}'

describe('evaluate', () => {
  it('reports the accuracy of a network without a cost, and no cost', () =>
    inFolder(async folder => {
      const [model, data] = [join(folder, 'net.json'), join(folder, 'data.json')]
      await writeFile(model, `{${larger}}`)
      await writeFile(data, `{"training": ${examples}, "test": ${examples}}`)
      const { code, out } = await evaluate(model, data)
      expect([code, ...out]).toEqual([0, `${model} on the test set of data.json: 2 / 3, 66.67 %`])
      const [line] = (await evaluate(model, data, { json: true })).out
      expect(Object.keys(JSON.parse(line!) as object)).not.toContain('evaluationCost')
    }))

  it('says when the data are not those that the network was trained on', () =>
    inFolder(async folder => {
      const path = (name: string): string => join(folder, name)
      const data = `{"training": ${examples}, "test": ${examples}}`
      await writeFile(path('data.json'), data)
      await writeFile(path('other.json'), data.replace('[2, 1]', '[1, 2]'))
      const trained = await cli([
        ...['train', '--data', path('data.json'), '--epochs', '1', '--backend', 'cpu', '--quiet'],
        ...['--save', path('net.json'), '--out', path('run')],
      ])
      expect(trained.out).toMatch(/^Accuracy on the test set of data\.json: /)
      const saved = await readFile(path('net.json'), 'utf8')
      expect(JSON.parse(saved)).toMatchObject({ trainedOn: { name: 'data.json' } })
      expect(await readFile(path('run/model.json'), 'utf8')).toBe(saved)

      for (const model of [path('net.json'), path('run')]) {
        expect((await evaluate(model, path('data.json'))).out[0]).toMatch(/\(xent\)$/)
        expect((await evaluate(model, path('other.json'))).out[0]).toMatch(
          /of other\.json: .*\. The network was trained on data\.json, not on other\.json$/,
        )
        await writeFile(path('data.json'), data.replace('[2, 1]', '[1, 2]'))
        expect((await evaluate(model, path('data.json'))).out[0]).toMatch(/on other data of this name$/)
        await writeFile(path('data.json'), data)
      }
      const [line] = (await evaluate(path('run'), path('other.json'), { json: true })).out
      expect(JSON.parse(line!)).toMatchObject({
        data: 'other.json',
        trainedOn: 'data.json',
        trainedOnThisData: false,
      })
    }))

  it('has nothing to report for one output without a cost', () =>
    inFolder(async folder => {
      const [model, data] = [join(folder, 'net.json'), join(folder, 'data.json')]
      await writeFile(model, '{"sizes": [2, 1], "weights": [[[1, 1]]], "biases": [[[0]]]}')
      const set = '{"inputs": [[0, 1]], "targets": [[1]]}'
      await writeFile(data, `{"training": ${set}, "test": ${set}}`)
      const { code, err } = await evaluate(model, data)
      expect(code).toBe(3)
      expect(err).toContain('this file names no cost')
    }))
})
