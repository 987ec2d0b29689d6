/** Types for the part of jStat that is used here: the package has none. */
declare module 'jstat' {
  const jStat: {
    /** The regularised incomplete beta function I_x(a, b). */
    readonly ibeta: (x: number, a: number, b: number) => number
    /** Its inverse: the x at which it is p. */
    readonly ibetainv: (p: number, a: number, b: number) => number
  }
  export default jStat
}
