/**
 * The few colours of the terminal.
 */
import { styleText } from 'node:util'

type Colour = 'green' | 'yellow' | 'red'

/** Colours a text, if this stream shows colours: not in a file or a pipe, with NO_COLOR, or with TERM=dumb. */
export const colourFor =
  (stream: NodeJS.WriteStream) =>
  (colour: Colour, text: string): string =>
    // hasColors reads NO_COLOR and TERM; the check of styleText is about standard output alone
    stream.isTTY && stream.hasColors() ? styleText(colour, text, { validateStream: false }) : text
