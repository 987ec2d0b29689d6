/**
 * What the docstrings of the public interface must say:
 *
 * - every exported name, every property of an exported type and every method has a docstring. A property whose type is one
 *   word, such as `kind: 'epoch'`, says itself; the entries of a registry, such as `costs.xent`, are documented where they
 *   are declared; what comes from another package is not looked at
 * - where a type has a tensor or an array of numbers, the docstring says the shape in brackets, such as [m, j_L], or has the
 *   word "shape". A `Scalar` has its shape in its type
 * - where a type has a number, the docstring says what it counts or measures, in one of the words of {@link UNIT}
 */
import { ReflectionKind, type DeclarationReflection, type ProjectReflection, type Reflection } from 'typedoc'

const NUMBERS = /\b(Tensor(?:[1-6]D)?|(?:Float32|Int32|Uint8)Array)\b/
const SHAPE = /\[[^\]]*\]|\bshapes?\b/
const NUMBER = /\bnumber\b/

/** What a number can be: a count, a place in an order, a measure with its unit, or one of the book's symbols. */
export const UNIT = new RegExp(
  [
    /\b(number|numbers|how many|count|counts|sum|size|sizes|length) of\b|\bhow many\b|\bnumber n\b/,
    /\b(index|positions?|place|steps?|epochs?|class|classes|label|seed|exit code)\b/,
    /\b(milliseconds|seconds|bytes|pixels|degrees|neurons|rows|examples|share|factor)\b/,
    /\b(learning rate|mean cost|coefficient|parameter|penalty)\b|[ηλμσπ]/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'i',
)

/** All that the docstrings of a reflection say: its own, and those of its parameters and properties. */
const textOf = (reflection: Reflection): string => {
  const { comment } = reflection
  const parts = comment === undefined ? [] : [comment.summary, ...comment.blockTags.map(tag => tag.content)]
  const within: string[] = []
  reflection.traverse(child => void within.push(textOf(child)))
  return [...parts.map(part => part.map(({ text }) => text).join('')), ...within].join('\n')
}

/** The types in a declaration. The properties of objects are public names themselves. */
const typesOf = (reflection: DeclarationReflection): string => {
  const types = String(reflection.type ?? '')
  return reflection.kindOf(ReflectionKind.TypeAlias) && types.includes('{') ? '' : types
}

/** A name of the public interface: where its docstring is, and its types as text. */
type PublicName = { readonly name: string; readonly described: Reflection; readonly types: string }

const isLiteral = ({ type }: DeclarationReflection): boolean =>
  type?.type === 'literal' ||
  (type?.type === 'union' && type.types.every(({ type: kind }) => kind === 'literal'))

const isEntryOfRegistry = ({ parent }: Reflection): boolean =>
  parent?.parent?.kindOf(ReflectionKind.Variable) === true

const KINDS: readonly ReflectionKind[] = [
  ReflectionKind.Variable,
  ReflectionKind.Function,
  ReflectionKind.Class,
  ReflectionKind.TypeAlias,
  ReflectionKind.Property,
  ReflectionKind.Method,
]

const namesFrom = (reflection: DeclarationReflection): readonly PublicName[] => {
  if (reflection.flags.isExternal || isEntryOfRegistry(reflection) || isLiteral(reflection)) return []
  const name = reflection.getFriendlyFullName()
  return reflection.signatures === undefined
    ? [{ name, described: reflection, types: typesOf(reflection) }]
    : reflection.signatures.map(signature => ({
        name,
        described: signature,
        types: [
          ...(signature.parameters ?? []).map(({ type }) => String(type)),
          String(signature.type),
        ].join(),
      }))
}

/** The names of the public interface, those of properties and methods too. */
export const publicNames = (project: ProjectReflection): readonly PublicName[] =>
  Object.values(project.reflections)
    .filter(reflection => reflection.isDeclaration())
    .filter(({ kind }) => KINDS.includes(kind))
    .flatMap(namesFrom)

/** What is missing in the docstrings of the public interface, a line each. */
export const missingInDocstrings = (project: ProjectReflection): readonly string[] =>
  publicNames(project).flatMap(({ name, described, types }) => {
    if (!described.hasComment()) return [`${name} has no docstring`]
    const text = textOf(described)
    return [
      ...(NUMBERS.test(types) && !SHAPE.test(text) ? [`${name} does not say the shape of its tensors`] : []),
      ...(NUMBER.test(types) && !UNIT.test(text)
        ? [`${name} does not say what its number counts or measures`]
        : []),
    ]
  })
