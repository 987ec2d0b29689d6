/**
 * What `npm run test:long` does more of.
 */

/** Whether the long tests run: on every engine and with every choice, where the others take some of them. */
export const isLong = process.env.NETWORK2_LONG === '1'

/** With how many random cases a law is tried, usually and in the long tests. */
export const randomCases = (usual: number, long: number): number => (isLong ? long : usual)
