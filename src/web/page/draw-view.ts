/**
 * Draw a digit: pen, finger, mouse or keys; what the networks see, and what both answer.
 */
import { h, lazily, type ViewChild, type ViewNode } from './dom.ts'
import { coloursOf, networkNames, pageButton } from './network-view.ts'
import type { PageActions } from './page-actions.ts'
import type { DrawingState, PageState } from './page-state.ts'
import { drawInk, drawStrokes } from './pixels.ts'
import { sentenceIn, type Words } from './words-en.ts'

export const drawView = (state: PageState, words: Words, act: PageActions): ViewChild => {
  const { drawing } = state
  const hasStrokes = drawing.strokes.length > 0
  return [
    h('p', { class: 'prose' }, words.drawLead),
    h(
      'div',
      { class: 'drawing' },
      h(
        'div',
        {},
        drawingArea(drawing, words, act),
        h(
          'div',
          { class: 'presets' },
          pageButton(words.undo, act.undo, { disabled: !hasStrokes }),
          pageButton(words.clear, act.clear, {
            disabled: !hasStrokes && drawing.image === undefined && drawing.refusal === undefined,
          }),
          h(
            'label',
            { class: 'file' },
            words.openPhoto,
            h('input', {
              type: 'file',
              accept: 'image/*',
              class: 'unseen',
              onchange: (event: Event) => act.openFiles((event.target as HTMLInputElement).files, 'photo'),
            }),
          ),
        ),
        h('p', { class: 'note' }, words.digitKeyboard),
      ),
      h('div', {}, h('h3', {}, words.sees), seen(drawing, words), h('p', { class: 'note' }, words.seesHint)),
      h('div', { class: 'answers', 'aria-live': 'polite' }, answers(state, words)),
    ),
  ]
}

const drawingArea = ({ strokes, pen }: DrawingState, words: Words, act: PageActions): ViewNode =>
  h(
    'div',
    { class: 'area' },
    h('canvas', {
      id: 'drawing',
      tabindex: 0,
      role: 'application',
      'aria-label': words.drawHere,
      draw: drawStrokes(strokes),
      drawn: strokes,
      onpointerdown: (event: PointerEvent) => act.penDown(event),
      onpointermove: (event: PointerEvent) => act.penMove(event),
      onpointerup: act.penUp,
      onpointercancel: act.penUp,
      onkeydown: (event: KeyboardEvent) => act.penKey(event),
    }),
    pen === undefined
      ? undefined
      : h('span', { class: 'pen', style: { left: `${100 * pen.at[0]}%`, top: `${100 * pen.at[1]}%` } }),
  )

/** The picture in MNIST's form, with the box of 20 x 20 and the middle. */
const seen = ({ image, refusal }: DrawingState, words: Words): ViewNode =>
  image === undefined
    ? h(
        'p',
        { class: 'empty', role: 'status' },
        refusal === undefined ? words.nothingDrawn : words.refused(sentenceIn(words.fileRefusals, refusal)),
      )
    : h(
        'div',
        { class: 'seen' },
        h('canvas', {
          class: 'ink',
          role: 'img',
          'aria-label': words.sees,
          draw: drawInk(image, Math.sqrt(image.length)),
          drawn: image,
        }),
        h(
          'svg',
          { viewBox: '0 0 28 28', 'aria-hidden': 'true' },
          h('rect', { x: 4, y: 4, width: 20, height: 20 }),
          h('path', { d: 'M14 12.5V15.5M12.5 14H15.5' }),
        ),
      )

const answers = (state: PageState, words: Words): ViewChild => {
  const { settings, networks } = state.pair
  const names = networkNames(words, settings)
  const colours = coloursOf(settings)
  return networks.map(({ reading }, i) =>
    h(
      'div',
      { class: 'answer', style: { '--accent': colours[i]! } },
      reading === undefined || state.drawing.image === undefined
        ? h('h3', {}, names[i])
        : lazily(answerBars, names[i]!, reading, words),
    ),
  )
}

const answerBars = (name: string, reading: readonly number[], words: Words): ViewNode => {
  const largest = Math.max(...reading)
  const digit = reading.indexOf(largest)
  return h(
    'div',
    {},
    h('h3', {}, name),
    h('p', { class: 'number' }, digit),
    h(
      'ol',
      { class: 'bars', 'aria-label': words.answersOf(name, digit, largest.toFixed(2)) },
      reading.map((activation, i) =>
        h(
          'li',
          {},
          h('span', {}, i),
          h(
            'span',
            { class: 'bar' },
            h('span', { style: { width: `${Math.max(0, Math.min(100, 100 * activation)).toFixed(0)}%` } }),
          ),
          h('span', {}, activation.toFixed(2)),
        ),
      ),
    ),
  )
}
