/**
 * `node scripts/probe.mjs ADDON` multiplies two matrices with the addon and prints TensorFlow's version. It is a
 * separate process, because a library that does not fit the processor crashes the process that loads it.
 */
import { createRequire } from 'node:module'

process.env.TF_CPP_MIN_LOG_LEVEL ??= '2'
const tf = createRequire(import.meta.url)(process.argv[2])
const matrix = tf.createTensor([2, 2], tf.TF_FLOAT, new Float32Array([1, 2, 3, 4]))
const attributes = [
  { name: 'transpose_a', type: tf.TF_ATTR_BOOL, value: false },
  { name: 'transpose_b', type: tf.TF_ATTR_BOOL, value: false },
  { name: 'T', type: tf.TF_ATTR_TYPE, value: tf.TF_FLOAT },
]
const [product] = tf.executeOp('MatMul', attributes, [matrix, matrix], 1)
const found = [...tf.tensorDataSync(product.id)]
if (found.join() !== '7,10,15,22')
  throw new Error(`a matrix product was ${found.join()}, expected 7,10,15,22`)
process.stdout.write(tf.TF_Version)
