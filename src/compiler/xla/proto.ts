/**
 * TensorFlow's protocol buffer messages as values, and their encoding. The fields are named as in saved-model-schema.ts.
 */
import { createRequire } from 'node:module'
import type { DataType } from '@tensorflow/tfjs-core'
import type Protobuf from 'protobufjs'
import { CompileError } from '../../core/scan.ts'
import { savedModelSchema } from './saved-model-schema.ts'

/** The numbers of TensorFlow's DataType. */
const TYPES: Readonly<Partial<Record<DataType, number>>> = { float32: 1, int32: 3, bool: 10 }

const typeNumber = (dtype: DataType): number => {
  const type = TYPES[dtype]
  if (type === undefined) throw new CompileError(`a tensor of ${dtype} is not supported by the XLA engine`)
  return type
}

type Shape = { readonly dim: readonly { readonly size: number }[] }

/** An attribute of an operation: an AttrValue message. */
export type Attribute =
  | { readonly s: Uint8Array }
  | { readonly i: number }
  | { readonly f: number }
  | { readonly b: boolean }
  | { readonly type: number }
  | { readonly shape: Shape }
  | {
      readonly tensor: {
        readonly dtype: number
        readonly tensorShape: Shape
        readonly tensorContent: Uint8Array
      }
    }
  | { readonly func: { readonly name: string } }
  | {
      readonly list:
        | { readonly i: readonly number[] }
        | { readonly type: readonly number[] }
        | { readonly shape: readonly Shape[] }
    }

export type AttributeMap = Readonly<Record<string, Attribute>>

export type NodeDef = {
  readonly name: string
  readonly op: string
  readonly input: readonly string[]
  readonly attr: AttributeMap
}

type ArgDef = { readonly name: string; readonly type: number }

export type FunctionDef = {
  readonly signature: {
    readonly name: string
    readonly inputArg: readonly ArgDef[]
    readonly outputArg: readonly ArgDef[]
  }
  readonly nodeDef: readonly NodeDef[]
  /** Maps the name of each output to the output of a node. */
  readonly ret: Readonly<Record<string, string>>
  readonly attr: AttributeMap
}

export type GraphDef = {
  readonly node: readonly NodeDef[]
  readonly library: { readonly function: readonly FunctionDef[] }
}

const shapeOf = (shape: readonly number[]): Shape => ({ dim: shape.map(size => ({ size })) })

export const bool = (b: boolean): Attribute => ({ b })
export const int = (i: number): Attribute => ({ i })
export const ints = (i: readonly number[]): Attribute => ({ list: { i } })
export const float = (f: number): Attribute => ({ f })
export const string = (value: string): Attribute => ({ s: new TextEncoder().encode(value) })
export const dtype = (of: DataType): Attribute => ({ type: typeNumber(of) })
export const dtypes = (of: readonly DataType[]): Attribute => ({ list: { type: of.map(typeNumber) } })
export const shape = (of: readonly number[]): Attribute => ({ shape: shapeOf(of) })
export const shapes = (of: readonly (readonly number[])[]): Attribute => ({
  list: { shape: of.map(shapeOf) },
})
export const func = (name: string): Attribute => ({ func: { name } })
export const arg = (name: string, of: DataType): ArgDef => ({ name, type: typeNumber(of) })

/** The attributes of a Const operation. */
export const constant = (
  of: DataType,
  dims: readonly number[],
  values: Float32Array | Int32Array | Uint8Array,
): AttributeMap => ({
  dtype: dtype(of),
  value: {
    tensor: {
      dtype: typeNumber(of),
      tensorShape: shapeOf(dims),
      tensorContent: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
    },
  },
})

const require = createRequire(import.meta.url)

/** Loaded when a program is compiled: every start of the application would wait for it. */
const messages = (): Protobuf.Root => (require('protobufjs') as typeof Protobuf).parse(savedModelSchema).root

/** A version of the graph format that TensorFlow 2.15 writes. */
const PRODUCER = 1645

/** The bytes of a `saved_model.pb` with this graph, tagged `serve`. */
export const encodeSavedModel = (graph: GraphDef): Uint8Array => {
  const SavedModel = messages().lookupType('SavedModel')
  return SavedModel.encode(
    SavedModel.fromObject({
      savedModelSchemaVersion: 1,
      metaGraphs: [
        { metaInfoDef: { tags: ['serve'] }, graphDef: { ...graph, versions: { producer: PRODUCER } } },
      ],
    }),
  ).finish()
}
