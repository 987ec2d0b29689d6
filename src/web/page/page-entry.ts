/**
 * The one script of the page: both the page and, started again from its own text, the worker.
 */
import { startPage } from './page-main.ts'
import { startPageWorker } from './page-worker.ts'

if (typeof document === 'undefined') startPageWorker()
else startPage(document.currentScript?.textContent ?? '')
