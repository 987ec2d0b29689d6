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
import { greyPhoto, loadMnist, readFiles } from './page-data.ts'
import type { Answer, Order, PageData, Wanted } from './page-messages.ts'
import {
  initialPageState,
  nextPageState,
  type PageEventOf,
  type PageState,
  type PenPoint,
} from './page-state.ts'
import { DRAWING_SIDE, strokesPicture } from './pixels.ts'
import { pageView } from './page-view.ts'
import { languageTags, preferredLanguage, wordsOf } from './page-words.ts'

/** The texts of the link in the address bar, or why they cannot be used. */
const readLink = (): { readonly texts: LinkTexts; readonly trouble?: PageState['trouble'] } => {
  const texts = linkTexts(location.hash)
  if (E.isLeft(texts)) return { texts: startTexts, trouble: { kind: 'link', error: texts.left } }
  const decoded = decodeTexts(texts.right)
  return E.isLeft(decoded)
    ? { texts: startTexts, trouble: { kind: 'link', error: decoded.left } }
    : { texts: texts.right }
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

/** What the keys do with the pen. */
const PEN_KEYS: Readonly<Record<string, PenPoint | 'toggle'>> = {
  ArrowLeft: [-0.03, 0],
  ArrowRight: [0.03, 0],
  ArrowUp: [0, -0.03],
  ArrowDown: [0, 0.03],
  ' ': 'toggle',
}

/** The settings that belong to the value of another one: they go when it changes. */
const BELONGING: Readonly<Record<string, readonly string[]>> = {
  cost: ['eta'],
  expand: [
    ...['expand-copies', 'expand-each-epoch', 'expand-angle', 'expand-translation'],
    ...['expand-sigma', 'expand-alpha'],
  ],
  'expand-each-epoch': ['expand-copies'],
}

/** Where a pointer is in the drawing area. */
const pointOf = (event: PointerEvent, on = event): PenPoint => {
  const { left, top, width, height } = (on.currentTarget as HTMLElement).getBoundingClientRect()
  return [(event.clientX - left) / width, (event.clientY - top) / height]
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

  let state: PageState = {
    ...initialPageState(firstLanguage(link.texts), link.texts, firstPace, addressOf(link.texts)),
    documentation: document.querySelector<HTMLLinkElement>('link[rel=help]')?.href,
  }

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
      if (data.kind === 'seen') {
        isReading = false
        if (isUnread) readDrawing()
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
    const data = state.data ?? (wantsMnist() ? mnist : undefined)
    if (data === undefined && wantsMnist()) void fetchMnist()
    else send({ kind: 'begin', run: state.pair.run, texts: state.texts, data })
  }

  /** MNIST, once it has been read. */
  let mnist: PageData | undefined

  const wantsMnist = (): boolean => state.data === undefined && state.texts.first.data === 'mnist'

  const fetchMnist = async (): Promise<void> => {
    const { run } = state.pair
    dispatch({ kind: 'loading-data', isLoading: true })
    mnist = await loadMnist()
    dispatch({ kind: 'loading-data', isLoading: false })
    if (state.pair.run !== run) return
    if (mnist !== undefined) begin()
    else dispatch({ kind: 'trouble', trouble: { kind: 'no-mnist' } })
  }

  /** The worker that trains from many seeds; it ends with them. */
  let seedWorker: Worker | undefined

  const stopSeeds = (): void => {
    seedWorker?.terminate()
    seedWorker = undefined
  }

  const startSeeds = (): void => {
    stopSeeds()
    dispatch({ kind: 'seeds-started' })
    const fresh = new Worker(workerAddress)
    fresh.onmessage = ({ data }: MessageEvent<Answer>) => {
      dispatch({ kind: 'answer', answer: data })
      if (!state.seeds.isRunning) stopSeeds()
    }
    fresh.onerror = () => dispatch({ kind: 'seeds-stopped' })
    seedWorker = fresh
    const order: Order = {
      kind: 'seeds',
      run: state.seeds.run,
      texts: state.texts,
      count: state.seeds.count,
      data: state.data ?? (wantsMnist() ? mnist : undefined),
    }
    fresh.postMessage(order)
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

  /** How many frames were asked for. */
  let looks = 0

  /** Whether a part of the page is on the screen. */
  const isVisible = (id: string): boolean => {
    const box = document.getElementById(id)?.getBoundingClientRect()
    return box !== undefined && box.bottom > 0 && box.top < innerHeight && box.height > 0
  }

  /**
   * What is on the screen, and at rest everything, which may be printed. At full speed, what takes longer is asked for in some
   * frames only.
   */
  const wanted = (): Wanted => {
    const [network] = state.pair.networks
    // what has no picture yet gets one before it is looked at: then nothing moves when it comes. One at a time: to draw all at
    // once would make a long frame
    const missing = (['weights', 'slopes', 'answers'] as const).find(part => network[part] === undefined)
    if (missing !== undefined) return { weights: false, slopes: false, answers: false, [missing]: true }
    if (!state.pair.isRunning) return { weights: true, slopes: true, answers: true }
    const isTurn = looks++ % 6 === 0
    return {
      weights: isVisible('weights'),
      slopes: isTurn && isVisible('slopes'),
      answers: isTurn && (isVisible('confusion') || isVisible('worst')),
    }
  }

  const look = (): void => {
    if (isLooking || state.pair.phase !== 'ready') return
    isLooking = true
    send({ kind: 'look', wanted: wanted() })
  }

  /** Whether the worker is reading a drawing; the last one waits until it has. */
  let isReading = false
  let isUnread = false

  const readDrawing = (): void => {
    const { strokes } = state.drawing
    if (strokes.length === 0) return
    isUnread = isReading
    if (isReading) return
    isReading = true
    const pixels = strokesPicture(strokes)
    send({
      kind: 'read',
      of: state.drawing.begun,
      picture: { width: DRAWING_SIDE, height: DRAWING_SIDE, pixels, name: wordsOf[state.language].drawHere },
    })
  }

  const draw = (event: PageEventOf): void => {
    dispatch(event)
    readDrawing()
  }

  const openChosen = async (files: FileList | null, as: 'photo' | 'data'): Promise<void> => {
    const [first, ...others] = files ?? []
    if (first === undefined) return
    if (as === 'photo') return openPhoto(first)
    const read = await readFiles([first, ...others])
    if (E.isLeft(read)) dispatch({ kind: 'answer', answer: { kind: 'unread', refusal: read.left } })
    else if (read.right.kind === 'network') send({ ...read.right, kind: 'open' })
    else {
      dispatch({ kind: 'data', data: read.right.data })
      // the sizes and the number of examples are those of the new data
      const { data } = read.right
      const outputs = data.training.labels.reduce((most, label) => Math.max(most, label), 0) + 1
      const sizes = `${data.width},30,${outputs}`
      take({ ...state.texts, first: { ...state.texts.first, 'train-size': undefined, sizes } })
    }
  }

  const openPhoto = async (file: File): Promise<void> => {
    const photo = await greyPhoto(file)
    dispatch({ kind: 'clear' })
    if (photo !== undefined)
      send({ kind: 'read', of: state.drawing.begun, picture: { ...photo, name: file.name } })
    else
      dispatch({
        kind: 'answer',
        answer: {
          kind: 'seen',
          of: state.drawing.begun,
          refusal: { kind: 'no-picture', file: file.name },
        },
      })
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
    const without = Object.fromEntries((BELONGING[flag] ?? []).map(each => [each, undefined]))
    return { ...texts, [place]: { ...texts[place], ...without, [flag]: value } }
  }

  const take = (texts: LinkTexts): void => {
    const decoded = decodeTexts(texts)
    if (E.isLeft(decoded)) {
      dispatch({ kind: 'trouble', trouble: { kind: 'settings', error: decoded.left } })
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
    penDown: event => {
      const area = event.currentTarget as HTMLElement
      area.setPointerCapture(event.pointerId)
      draw({ kind: 'pen-down', at: pointOf(event) })
    },
    penMove: event => {
      if (!state.drawing.isDown) return
      // a fast finger makes several points between two frames
      const events = event.getCoalescedEvents()
      for (const each of events.length > 0 ? events : [event])
        dispatch({ kind: 'pen-moved', at: pointOf(each, event) })
      readDrawing()
    },
    penUp: () => draw({ kind: 'pen-up' }),
    penKey: event => {
      const by = PEN_KEYS[event.key]
      if (by === undefined) return
      event.preventDefault()
      draw({ kind: 'pen-key', by })
    },
    undo: () => draw({ kind: 'undo' }),
    clear: () => draw({ kind: 'clear' }),
    openFiles: (files, as) => {
      void openChosen(files, as)
    },
    openTable: isOpen => dispatch({ kind: 'table', isOpen }),
    runSeeds: startSeeds,
    stopSeeds: () => {
      stopSeeds()
      dispatch({ kind: 'seeds-stopped' })
    },
    useData: choice => {
      dispatch({ kind: 'data', data: undefined })
      const size = choice === 'mnist' ? '10000' : startTexts.first['train-size']
      take({
        ...state.texts,
        first: { ...state.texts.first, data: choice, 'train-size': size, sizes: undefined },
      })
    },
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

  // what came into view is asked for, also while nothing is trained
  const onScroll = (): void => {
    isLooking = false
    schedule()
  }
  addEventListener('scroll', onScroll, { passive: true })
  addEventListener('resize', onScroll)
  addEventListener('dragover', event => event.preventDefault())
  addEventListener('drop', event => {
    event.preventDefault()
    void openChosen(event.dataTransfer?.files ?? null, 'data')
  })

  nameDocument()
  if (link.trouble !== undefined) dispatch({ kind: 'trouble', trouble: link.trouble })
  begin()
  schedule()
}
