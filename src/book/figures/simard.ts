import { bestOf, type BookFigure } from '../figure.ts'

/** The plain network, whose settings the others share (data/papers/simard-*.json). */
const PLAIN = { eta: '0.1', lmbda: '5', init: 'default' }

const simard = (
  arm: string,
  {
    flags,
    epochs,
    book,
    says,
  }: { flags: BookFigure['arms'][string]['flags']; epochs: number; book: number; says: string },
): BookFigure => ({
  title: `800 hidden neurons, ${arm}`,
  section: 'Simard, Steinkraus and Platt 2003',
  says,
  seeds: 3,
  arms: { [arm]: { hidden: [800], flags: { ...PLAIN, ...flags }, epochs, evaluateOn: 'test' } },
  claims: [{ what: 'best accuracy on the test set', unit: '%', book, measure: bestOf(arm) }],
  charts: [{ kind: 'epochs', monitor: 'evaluationAccuracy' }],
})

export const simardPlain = simard('the images as they are', {
  flags: {},
  epochs: 30,
  book: 98.4,
  says: 'A network with 800 hidden neurons and the cross-entropy classifies 98.4 % of the test images correctly.',
})

export const simardAffine = simard('affine distortions, new in each epoch', {
  flags: { expand: 'affine', 'expand-each-epoch': 'true' },
  epochs: 30,
  book: 98.9,
  says: 'Trained on affine distortions of the images, the same network classifies 98.9 % of the test images correctly.',
})

export const simardElastic = simard('elastic distortions, new in each epoch', {
  flags: { expand: 'elastic', 'expand-each-epoch': 'true' },
  epochs: 30,
  book: 99.3,
  says: 'Trained on elastic distortions of the images, the same network classifies 99.3 % of the test images correctly.',
})
