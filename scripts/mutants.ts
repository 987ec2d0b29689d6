/**
 * Mutants: small changes of a program, each of which its tests should notice.
 */
import ts from 'typescript'

/** One change: the text between `from` and `to` of the file becomes `text`. */
export type Mutant = {
  readonly file: string
  readonly line: number
  readonly from: number
  readonly to: number
  readonly was: string
  readonly text: string
}

/** What an operator becomes. Each is tried. */
const OPERATORS: Readonly<Record<string, readonly string[]>> = {
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '%': ['*'],
  '**': ['*'],
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '===': ['!=='],
  '!==': ['==='],
  '&&': ['||'],
  '||': ['&&'],
  '??': ['&&'],
  '&': ['|'],
  '|': ['&'],
  '<<': ['>>'],
  '>>': ['<<'],
  '>>>': ['>>'],
  '+=': ['-='],
  '-=': ['+='],
}

/** What a function becomes. The first two arguments of those in `SWAPPED` change places. */
const FUNCTIONS: Readonly<Record<string, string>> = {
  min: 'max',
  max: 'min',
  floor: 'ceil',
  ceil: 'floor',
  every: 'some',
  some: 'every',
}
const SWAPPED = new Set(['sub', 'div', 'slice', 'subarray'])

const changesOf = (node: ts.Node, source: ts.SourceFile): readonly (readonly [ts.Node, string])[] => {
  const textOf = (part: ts.Node): string => part.getText(source)
  if (ts.isBinaryExpression(node)) {
    const { left, right, operatorToken: operator } = node
    const isText = [left, right].some(side => ts.isStringLiteralLike(side) || ts.isTemplateExpression(side))
    const others = isText ? [] : (OPERATORS[textOf(operator)] ?? [])
    return others.map(other => [node, `${textOf(left)} ${other} ${textOf(right)}`])
  }
  if (ts.isConditionalExpression(node)) return ['true', 'false'].map(value => [node.condition, value])
  if (ts.isIfStatement(node) || ts.isWhileStatement(node))
    return ['true', 'false'].map(value => [node.expression, value])
  if (ts.isNumericLiteral(node) && !ts.isLiteralTypeNode(node.parent))
    return [[node, String(Number(node.text.replaceAll('_', '')) + 1)]]
  if (ts.isPrefixUnaryExpression(node) && (textOf(node).startsWith('!') || textOf(node).startsWith('-')))
    return [[node, textOf(node.operand)]]
  if (node.kind === ts.SyntaxKind.TrueKeyword && !ts.isLiteralTypeNode(node.parent)) return [[node, 'false']]
  if (node.kind === ts.SyntaxKind.FalseKeyword && !ts.isLiteralTypeNode(node.parent)) return [[node, 'true']]
  if (ts.isExpressionStatement(node) && ts.isCallExpression(node.expression)) return [[node, ';']]
  if (ts.isCallExpression(node)) {
    const name = ts.isPropertyAccessExpression(node.expression) ? node.expression.name : node.expression
    const other = FUNCTIONS[textOf(name)]
    const [first, second] = node.arguments
    return [
      ...(other === undefined ? [] : [[name, other] as const]),
      ...(first !== undefined && second !== undefined && SWAPPED.has(textOf(name))
        ? [[node, swapped(node, source)] as const]
        : []),
    ]
  }
  return []
}

const swapped = (
  { expression, arguments: [first, second, ...more] }: ts.CallExpression,
  source: ts.SourceFile,
): string =>
  `${expression.getText(source)}(${[second!, first!, ...more].map(one => one.getText(source)).join(', ')})`

/** All mutants of a file, in the order of its text. Texts, types and imports are left as they are. */
export const mutantsOf = (file: string, text: string): readonly Mutant[] => {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const visit = (node: ts.Node): readonly Mutant[] => {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isTemplateExpression(node)) return []
    const own = changesOf(node, source).map(([place, changed]) => {
      const from = place.getStart(source)
      const line = source.getLineAndCharacterOfPosition(from).line + 1
      return { file, line, from, to: place.end, was: text.slice(from, place.end), text: changed }
    })
    const parts: Mutant[] = []
    ts.forEachChild(node, child => void parts.push(...visit(child)))
    return [...own, ...parts]
  }
  return visit(source)
}

/** The text of a file with a mutant in it. */
export const withMutant = (text: string, { from, to, text: changed }: Mutant): string =>
  text.slice(0, from) + changed + text.slice(to)

/** Tells which mutants the compiler accepts: the others need no test. */
export const typeChecker = (root: string, read: (file: string) => string): ((mutant: Mutant) => boolean) => {
  const { options, fileNames } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(`${root}/tsconfig.json`, path => ts.sys.readFile(path)).config,
    ts.sys,
    root,
  )
  let changed: { readonly file: string; readonly text: string; readonly version: number } = {
    file: '',
    text: '',
    version: 0,
  }
  const service = ts.createLanguageService({
    getCompilationSettings: () => ({ ...options, incremental: false, noEmit: true }),
    getScriptFileNames: () => fileNames.filter(name => name.startsWith(`${root}/src`)),
    getScriptVersion: name => (name === changed.file ? `${changed.version}` : '0'),
    getScriptSnapshot: name =>
      name === changed.file
        ? ts.ScriptSnapshot.fromString(changed.text)
        : ts.sys.fileExists(name)
          ? ts.ScriptSnapshot.fromString(ts.sys.readFile(name) ?? '')
          : undefined,
    getCurrentDirectory: () => root,
    getDefaultLibFileName: given => ts.getDefaultLibFilePath(given),
    fileExists: path => ts.sys.fileExists(path),
    readFile: path => ts.sys.readFile(path),
    directoryExists: path => ts.sys.directoryExists(path),
    getDirectories: path => ts.sys.getDirectories(path),
  })
  return mutant => {
    const file = `${root}/${mutant.file}`
    changed = { file, text: withMutant(read(mutant.file), mutant), version: changed.version + 1 }
    return [...service.getSyntacticDiagnostics(file), ...service.getSemanticDiagnostics(file)].length === 0
  }
}
