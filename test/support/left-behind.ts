/**
 * A process, or a worker, that ends while steps run beside it: `left-behind.ts FOLDER process|worker`. FOLDER holds compiled programs.
 */
import { add, matMul, ones, scalar, sum, zeros, type Scalar, type Tensor2D } from '@tensorflow/tfjs-core'
import { isMainThread, Worker } from 'node:worker_threads'
import { loadBackend } from '../../src/runtime/backend.ts'
import { c } from '../../src/compiler/c/c.ts'

const [folder = '', kind] = process.argv.slice(2)

if (kind === 'worker' && isMainThread)
  new Worker(new URL(import.meta.url), { argv: [folder, kind] }).on('exit', code => {
    process.exitCode = code
  })
else {
  await loadBackend('cpu')()
  const engine = c({ folder, searchPath: process.env.PATH ?? '', beside: true })
  const scan = engine.scan((state: Scalar, x: Tensor2D) => add<Scalar>(state, sum(matMul(x, x))))
  scan.begin!(scalar(0), ones([300, 300]), zeros([400, 1]), [0, 400])
  console.log('begun')
  process.exit(0)
}
