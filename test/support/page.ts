/** What the browser runs, with its results on the page. */
import '@tensorflow/tfjs-backend-cpu'
import { compiled, trained } from './browser.ts'

const page = globalThis as unknown as { document: { body: { textContent: string } } }
try {
  page.document.body.textContent = `result [${trained()},${compiled()}] end`
} catch (error) {
  page.document.body.textContent = `result ${String(error)} end`
}
