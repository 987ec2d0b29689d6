/** Types for the part of jStat that is used here: the package has none. */
declare module 'jstat' {
  const jStat: {
    /** The regularised incomplete beta function I_x(a, b). */
    readonly ibeta: (x: number, a: number, b: number) => number
    /** `inv`: the quantile p of Student's t distribution. */
    readonly studentt: { readonly inv: (p: number, degreesOfFreedom: number) => number }
  }
  export default jStat
}
