/** What the browser runs: the training, its result on the page. */
import '@tensorflow/tfjs-backend-cpu'
import { trained } from './browser.ts'

const page = globalThis as unknown as { document: { body: { textContent: string } } }
try {
  page.document.body.textContent = `result ${trained()} end`
} catch (error) {
  page.document.body.textContent = `result ${String(error)} end`
}
