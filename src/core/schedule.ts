/**
 * When to stop, and how fast to learn: rules that look at the accuracies so far, and at nothing else.
 *
 * What they remember is a fold over those accuracies. So a run that goes on after a break needs only its history:
 * folding it again gives the same patience, the same rate and the same end.
 */

/** Chapter 3, "How to choose a neural network's hyper-parameters?": the no-improvement-in-n rule, put to two uses. */
export type Schedule = {
  /** Early stopping: the epochs without a better accuracy after which training ends. */
  readonly earlyStop?: number | undefined
  /** Halves the learning rate after `patience` such epochs, until it is η/stop or less: there training ends. */
  readonly halve?: { readonly patience: number; readonly stop: number } | undefined
}

/** Where a schedule stands after some epochs. */
export type ScheduleState = {
  /** The highest accuracy so far; 0 before there is any. */
  readonly best: number
  /** Epochs since it was reached. */
  readonly sinceBest: number
  /** Epochs since then or since the rate was last halved, whichever is later. */
  readonly patience: number
  /** The share of η that the next epoch learns with: 1, 1/2, 1/4, … */
  readonly share: number
  /** Why training ends here, if it does. */
  readonly stopReason: string | undefined
}

export const initialScheduleState: ScheduleState = {
  best: 0,
  sinceBest: 0,
  patience: 0,
  share: 1,
  stopReason: undefined,
}

/**
 * The course after one more epoch.
 *
 * @param accuracy a count of right answers; one that is not a number, or is missing, is no improvement
 */
export const updateSchedule =
  ({ earlyStop, halve }: Schedule) =>
  (course: ScheduleState, accuracy: number | undefined): ScheduleState => {
    if (accuracy !== undefined && accuracy > course.best)
      return { ...course, best: accuracy, sinceBest: 0, patience: 0 }
    const since = course.sinceBest + 1
    const patience = course.patience + 1
    const halved = halve !== undefined && patience >= halve.patience
    const share = halved ? course.share / 2 : course.share
    return {
      best: course.best,
      sinceBest: since,
      patience: halved ? 0 : patience,
      share,
      stopReason:
        earlyStop !== undefined && since >= earlyStop
          ? `no better accuracy in ${since === 1 ? 'the last epoch' : `${since} epochs`}`
          : halve !== undefined && share <= 1 / halve.stop
            ? `the learning rate has come down to 1/${1 / share} of what it was`
            : undefined,
    }
  }
