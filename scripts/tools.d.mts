/** A command for the development of the project. */
export type Tool = {
  readonly file: string
  readonly about: string
  readonly usage: string
  readonly values: readonly RegExp[]
  readonly flags: readonly string[] | true
}
/** By command: the program, its help, the values it takes in order, and its flags with a value (`true`: any flag). */
export declare const tools: Readonly<Record<string, Tool>>
/** The help of a tool. */
export declare const helpOf: (name: string, tool: Tool) => string
/** What is wrong with the arguments of a tool; undefined if nothing is. */
export declare const misuse: (tool: Tool, args: readonly string[]) => string | undefined
