import { costs } from '../../core/costs/index.ts'
import { bestOf, type BookFigure, type FigureArm } from '../figure.ts'
import { bookArms, flagsOfArm, reproductionPresets } from '../reproduce.ts'

const arms = bookArms.map(arm => ({ ...arm, name: `${costs[arm.cost].label}, ${arm.hidden} hidden` }))

/** The table of the chapter's first section, which `npm run reproduce` prints in more detail. */
export const costsFigure: BookFigure = {
  title: 'The two costs, with 30 and with 100 hidden neurons',
  section: 'The cross-entropy cost function',
  says: 'The cross-entropy gives 95.49 % with 30 hidden neurons and 96.82 % with 100; the quadratic cost 95.42 % and 96.59 %.',
  seeds: reproductionPresets.full.seeds,
  arms: Object.fromEntries(
    arms.map(({ name, ...arm }): readonly [string, FigureArm] => [
      name,
      {
        hidden: [arm.hidden],
        flags: flagsOfArm(arm),
        epochs: reproductionPresets.full.epochs,
        evaluateOn: 'test',
      },
    ]),
  ),
  claims: arms.map(({ name, book }) => ({
    ...{ what: `best accuracy on the test set, ${name}`, unit: '%', book },
    measure: bestOf(name),
  })),
  charts: [{ kind: 'epochs', monitor: 'evaluationAccuracy' }],
}
