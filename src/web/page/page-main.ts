/**
 * The page in the browser: it keeps the state, shows it, and carries out what events mean outside of it: the worker, the
 * link, the clipboard.
 */
import * as E from 'fp-ts/lib/Either.js'
import { mount } from './dom.ts'
import type { PageActions } from './page-actions.ts'
import {
  decodeTexts,
  languages,
  linkText,
  linkTexts,
  paces,
  startTexts,
  type Language,
  type LinkTexts,
} from './page-link.ts'
import { joinedSvg, metricsCsv } from './page-files.ts'
import type { Answer, Order, Wanted } from './page-messages.ts'
import { initialPageState, nextPageState, type PageEventOf, type PageState } from './page-state.ts'
import { pageView } from './page-view.ts'
import { languageTags, preferredLanguage, wordsOf } from './page-words.ts'

/** The texts of the link in the address bar, or why they cannot be used. */
const readLink = (): { readonly texts: LinkTexts; readonly trouble?: PageState['trouble'] } => {
  const texts = linkTexts(location.hash)
  if (E.isLeft(texts)) return { texts: startTexts, trouble: texts.left }
  const decoded = decodeTexts(texts.right)
  return E.isLeft(decoded) ? { texts: startTexts, trouble: decoded.left } : { texts: texts.right }
}

const firstLanguage = ({ page }: LinkTexts): Language => {
  const asked = String(page.lang ?? new URLSearchParams(location.search).get('lang') ?? '')
  return languages.find(language => language === asked.slice(0, 2)) ?? preferredLanguage(navigator.languages)
}

/** Gives the reader a file. */
const saveFile = (name: string, type: string, text: string): void => {
  const address = URL.createObjectURL(new Blob([text], { type }))
  const link = Object.assign(document.createElement('a'), { href: address, download: name })
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}

/**
 * Starts the page.
 *
 * @param script the text of the script that is also the worker's
 */
export const startPage = (script: string): void => {
  const workerAddress = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }))
  const link = readLink()
  const firstPace = paces.find(pace => pace === link.texts.page.pace) ?? 'full'
  /** The address of the page with these settings. */
  const addressOf = (texts: LinkTexts): string => `${location.href.replace(/#.*$/, '')}#${linkText(texts)}`

  let state = initialPageState(firstLanguage(link.texts), link.texts, firstPace, addressOf(link.texts))

  let worker: Worker | undefined
  /** Whether the worker has been asked for a frame that has not come. */
  let isLooking = false

  const send = (order: Order): void => worker?.postMessage(order)

  const startWorker = (): void => {
    worker?.terminate()
    isLooking = false
    const fresh = new Worker(workerAddress)
    fresh.onmessage = ({ data }: MessageEvent<Answer>) => {
      if (data.kind === 'frame') {
        isLooking = false
        measureSpeed(data)
      }
      if (data.kind === 'saved')
        saveFile(
          `network-${state.pair.settings?.[data.network].cost ?? ''}.json`,
          'application/json',
          data.text,
        )
      dispatch({ kind: 'answer', answer: data })
    }
    fresh.onerror = () => dispatch({ kind: 'lost' })
    worker = fresh
  }

  const begin = (): void => {
    if (worker === undefined) startWorker()
    send({ kind: 'begin', run: state.pair.run, texts: state.texts, data: state.data })
  }

  /** What the speed is computed from. */
  let speedFrom: { readonly at: number; readonly time: number } | undefined

  const measureSpeed = (answer: Extract<Answer, { kind: 'frame' }>): void => {
    const at = answer.frame.reduce((sum, network) => sum + network.at, 0) * (state.pair.data?.training ?? 0)
    const time = performance.now()
    if (!answer.isRunning || speedFrom === undefined || at < speedFrom.at) speedFrom = { at, time }
    else if (time - speedFrom.time > 500) {
      dispatch({ kind: 'speed', speed: (1000 * (at - speedFrom.at)) / (time - speedFrom.time) })
      speedFrom = { at, time }
    }
  }

  const show = mount(document.getElementById('root')!)
  let isScheduled = false

  const dispatch = (event: PageEventOf): void => {
    const before = state
    state = nextPageState(state, event)
    if (state.texts !== before.texts || (state.pair.run !== before.pair.run && before.pair.phase !== 'lost'))
      begin()
    else if (state.pair.run !== before.pair.run) {
      startWorker()
      begin()
    }
    if (state.language !== before.language) nameDocument()
    schedule()
  }

  /** Shows the state in the next frame of the screen; a page that is not visible has none. */
  const schedule = (): void => {
    if (isScheduled) return
    isScheduled = true
    requestAnimationFrame(() => {
      isScheduled = false
      show(pageView(state, actions))
      look()
      if (state.neuron.isRunning) dispatch({ kind: 'neuron-ticked' })
    })
  }

  /** What is on the screen. */
  const wanted = (): Wanted => ({ weights: false, slopes: false, answers: false })

  const look = (): void => {
    if (isLooking || state.pair.phase !== 'ready') return
    isLooking = true
    send({ kind: 'look', wanted: wanted() })
  }

  const nameDocument = (): void => {
    document.documentElement.lang = languageTags[state.language]
    document.title = wordsOf[state.language].title
  }

  const withText = (
    texts: LinkTexts,
    place: keyof LinkTexts,
    flag: string,
    value: string | boolean | undefined,
  ): LinkTexts => {
    const changed = { ...texts[place], [flag]: value }
    // a learning rate belongs to its cost
    return { ...texts, [place]: flag === 'cost' ? { ...changed, eta: undefined } : changed }
  }

  const take = (texts: LinkTexts): void => {
    const decoded = decodeTexts(texts)
    if (E.isLeft(decoded)) {
      dispatch({ kind: 'trouble', trouble: decoded.left })
      return
    }
    dispatch({ kind: 'texts', texts, address: addressOf(texts) })
    history.replaceState(null, '', state.address)
  }

  const actions: PageActions = {
    language: language => dispatch({ kind: 'language', language }),
    run: isRunning => {
      send({ kind: 'pace', pace: state.pace, isRunning })
      dispatch({ kind: 'run', isRunning })
    },
    step: by => {
      send({ kind: 'step', by })
      dispatch({ kind: 'stepped' })
    },
    neuron: changes => dispatch({ kind: 'neuron', changes }),
    restart: () => dispatch({ kind: 'restart' }),
    pace: chosen => {
      const pace = paces.find(each => each === chosen) ?? 'full'
      send({ kind: 'pace', pace, isRunning: state.pair.isRunning })
      dispatch({ kind: 'paced', pace })
    },
    set: (place, flag, value) => take(withText(state.texts, place, flag, value)),
    reset: () => take(startTexts),
    saveModel: network => send({ kind: 'save', network }),
    saveMetrics: () => {
      const { settings, networks } = state.pair
      if (settings !== undefined) saveFile('metrics.csv', 'text/csv', metricsCsv(settings, networks))
    },
    saveCurves: () => {
      const style = getComputedStyle(document.documentElement)
      const charts = [...document.querySelectorAll('#curves figure')].map(figure => {
        const svg = figure.querySelector('svg')!
        const { width, height } = svg.viewBox.baseVal
        return {
          title: figure.querySelector('figcaption')?.textContent ?? '',
          markup: svg.outerHTML,
          width,
          height,
        }
      })
      saveFile(
        'curves.svg',
        'image/svg+xml',
        joinedSvg(charts, name => style.getPropertyValue(name)),
      )
    },
    copy: text => {
      void navigator.clipboard.writeText(text).then(() => dispatch({ kind: 'copied', isCopied: true }))
    },
    goTo: (event, part) => {
      event.preventDefault()
      const heading = document.getElementById(`${part}-heading`)
      heading?.scrollIntoView()
      heading?.focus({ preventScroll: true })
    },
    cell: cell => dispatch({ kind: 'cell', cell }),
  }

  addEventListener('hashchange', () => {
    const { texts, trouble } = readLink()
    if (trouble !== undefined) {
      dispatch({ kind: 'trouble', trouble })
      return
    }
    if (linkText(texts) !== linkText(state.texts))
      dispatch({ kind: 'texts', texts, address: addressOf(texts) })
  })

  nameDocument()
  if (link.trouble !== undefined) dispatch({ kind: 'trouble', trouble: link.trouble })
  begin()
  schedule()
}
