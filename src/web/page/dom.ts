/**
 * The view as a value: nodes are made by {@link h}, and {@link mount} changes the document as little as needed to show
 * them.
 */

/** What a node may have: attributes, properties, listeners (`onclick`), styles, and how it is drawn. */
export type Props = Readonly<Record<string, unknown>> & {
  readonly key?: string | number | undefined
  /** Custom properties and other styles, which a content security policy allows as properties only. */
  readonly style?: Readonly<Record<string, string>> | undefined
  /** Draws on the element, such as a canvas, whenever `drawn` is another value. */
  readonly draw?: ((element: never) => void) | undefined
  readonly drawn?: unknown
}

type ElementNode = {
  readonly tag: string
  readonly props: Props
  readonly children: readonly ViewNode[]
}

type LazyNode = { readonly view: () => ViewNode; readonly inputs: readonly unknown[] }

export type ViewNode = ElementNode | LazyNode | string

export type ViewChild = ViewNode | number | undefined | false | readonly ViewChild[]

const flat = (children: readonly ViewChild[]): readonly ViewNode[] =>
  children.flatMap(child =>
    child === undefined || child === false || child === ''
      ? []
      : typeof child === 'number'
        ? [String(child)]
        : Array.isArray(child)
          ? flat(child as readonly ViewChild[])
          : [child as ViewNode],
  )

/** An element. */
export const h = (tag: string, props: Props = {}, ...children: readonly ViewChild[]): ViewNode => ({
  tag,
  props,
  children: flat(children),
})

/** A view that is made again only if one of its inputs is another value. */
export const lazily = <I extends readonly unknown[]>(
  view: (...inputs: I) => ViewNode,
  ...inputs: I
): ViewNode => ({ view: () => view(...inputs), inputs: [view, ...inputs] })

/** What stands in the document for a node. */
type Shown = {
  readonly node: ViewNode
  readonly dom: globalThis.Element | Text
  readonly made: ElementNode | string
  readonly children: readonly Shown[]
}

const NAMESPACES: Readonly<Record<string, string>> = {
  svg: 'http://www.w3.org/2000/svg',
  math: 'http://www.w3.org/1998/Math/MathML',
}

const isLazy = (node: ViewNode): node is LazyNode => typeof node === 'object' && 'view' in node

const unwrapped = (node: ViewNode): ElementNode | string => (isLazy(node) ? unwrapped(node.view()) : node)

const create = (node: ViewNode, namespace: string | null): Shown => {
  const made = unwrapped(node)
  if (typeof made === 'string') return { node, made, dom: document.createTextNode(made), children: [] }
  const space = NAMESPACES[made.tag] ?? namespace
  const dom = space === null ? document.createElement(made.tag) : document.createElementNS(space, made.tag)
  const children = made.children.map(child => create(child, made.tag === 'foreignObject' ? null : space))
  dom.append(...children.map(child => child.dom))
  setProps(dom, made.props, {})
  return { node, made, dom, children }
}

/** Properties of elements whose attribute is only their first value. */
const LIVE = new Set(['value', 'checked', 'disabled', 'selected', 'open', 'hidden', 'indeterminate'])

const setProps = (dom: globalThis.Element, props: Props, before: Props): void => {
  for (const name of new Set([...Object.keys(before), ...Object.keys(props)])) {
    const value = props[name]
    if (name === 'key' || name === 'draw' || name === 'drawn' || name === 'style') continue
    if (LIVE.has(name)) {
      const live = dom as unknown as Record<string, unknown>
      // what a person is typing stays, until there is another value
      if (name === 'value' && value === before[name] && dom === document.activeElement) continue
      if (live[name] !== (value ?? false)) live[name] = value ?? false
    } else if (value === before[name]) continue
    else if (name.startsWith('on')) (dom as unknown as Record<string, unknown>)[name] = value ?? null
    else if (value === undefined || value === false) dom.removeAttribute(name)
    else dom.setAttribute(name, value === true ? '' : (value as string))
  }
  for (const [name, value] of Object.entries(props.style ?? {}))
    if (before.style?.[name] !== value) (dom as HTMLElement).style.setProperty(name, value)
  if (props.draw !== undefined && (before.draw === undefined || before.drawn !== props.drawn))
    props.draw(dom as never)
}

const isSame = (one: ElementNode | string, other: ElementNode | string): boolean =>
  typeof one === 'string' || typeof other === 'string'
    ? typeof one === typeof other
    : one.tag === other.tag && one.props.key === other.props.key

const patch = (shown: Shown, node: ViewNode, namespace: string | null): Shown => {
  if (node === shown.node) return shown
  if (isLazy(node) && isLazy(shown.node)) {
    const before = shown.node.inputs
    if (node.inputs.length === before.length && node.inputs.every((input, i) => input === before[i]))
      return shown
  }
  const made = unwrapped(node)
  if (!isSame(made, shown.made)) {
    const fresh = create(node, namespace)
    shown.dom.replaceWith(fresh.dom)
    return fresh
  }
  if (typeof made === 'string') {
    if (made !== shown.made) (shown.dom as Text).data = made
    return { ...shown, node, made }
  }
  const dom = shown.dom as globalThis.Element
  const space = NAMESPACES[made.tag] ?? namespace
  const children = patchChildren(dom, shown.children, made.children, space)
  // the value of a choice is set after its options
  setProps(dom, made.props, (shown.made as ElementNode).props)
  return { node, made, dom, children }
}

const patchChildren = (
  dom: globalThis.Element,
  before: readonly Shown[],
  nodes: readonly ViewNode[],
  namespace: string | null,
): readonly Shown[] => {
  const children = nodes.map((node, i) => {
    const old = before[i]
    if (old !== undefined) return patch(old, node, namespace)
    const fresh = create(node, namespace)
    dom.append(fresh.dom)
    return fresh
  })
  for (const old of before.slice(nodes.length)) old.dom.remove()
  return children
}

/** Shows nodes in an element, which must be empty at first; returns a function that shows other ones. */
export const mount = (root: globalThis.Element): ((node: ViewNode) => void) => {
  let shown: Shown | undefined
  return node => {
    if (shown === undefined) {
      shown = create(node, null)
      root.replaceChildren(shown.dom)
    } else shown = patch(shown, node, null)
  }
}
