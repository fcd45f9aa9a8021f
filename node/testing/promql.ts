/**
 * PromQL for the test of the alert rules: which metrics and labels an expression uses, and what it gives on samples made by hand.
 *
 * Parsed by Prometheus' own grammar; evaluated only as far as our rules go, and anything else is an error. The rate is the increase between
 * the first and the last sample of the window over the window's length, without Prometheus' extrapolation to its edges.
 */
import { parser } from '@prometheus-io/lezer-promql'
import type { SyntaxNode } from '@lezer/common'

export interface Series { readonly name: string, readonly labels: Readonly<Record<string, string>>, readonly points: ReadonlyArray<readonly [seconds: number, value: number]> }
interface Sample { readonly labels: Readonly<Record<string, string>>, readonly value: number }
type Value = number | Sample[]

export interface Used { readonly metrics: Array<{ name: string, labels: string[] }>, readonly groupings: string[] }

/** What an instant sample may be old. */
const lookbackSeconds = 300
const units: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400 }

/** @throws Error: it is not PromQL */
function parse (text: string): SyntaxNode {
  const tree = parser.parse(text)
  tree.iterate({ enter: (node) => { if (node.type.isError) throw new Error(`not PromQL at ${node.from}: ${text}`) } })
  const [root] = childrenOf(tree.topNode)
  if (root === undefined) throw new Error('nothing in it')
  return root
}

function childrenOf (node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = []
  for (let child = node.firstChild; child !== null; child = child.nextSibling) children.push(child)
  return children
}

const withinOf = (node: SyntaxNode, name: string): SyntaxNode[] => [...(node.name === name ? [node] : []), ...childrenOf(node).flatMap((child) => withinOf(child, name))]

/** @throws Error: it is not PromQL */
export function usedIn (text: string): Used {
  const root = parse(text)
  const read = (node: SyntaxNode): string => text.slice(node.from, node.to)
  return {
    metrics: withinOf(root, 'VectorSelector').map((selector) => ({
      name: read(selector.getChild('Identifier')!),
      labels: withinOf(selector, 'UnquotedLabelMatcher').map((matcher) => read(matcher.getChild('LabelName')!))
    })),
    groupings: withinOf(root, 'GroupingLabels').flatMap((labels) => labels.getChildren('LabelName').map(read))
  }
}

/** @returns the samples that are left: an alert fires for each. @throws Error on what our rules do not use */
export function evaluate (text: string, series: readonly Series[], atSeconds: number): Sample[] {
  const value = new Evaluation(text, series, atSeconds).of(parse(text))
  if (typeof value === 'number') throw new Error(`a number is no alert: ${text}`)
  return value
}

class Evaluation {
  readonly #text: string
  readonly #series: readonly Series[]
  readonly #at: number

  constructor (text: string, series: readonly Series[], atSeconds: number) {
    this.#text = text
    this.#series = series
    this.#at = atSeconds
  }

  #read (node: SyntaxNode): string { return this.#text.slice(node.from, node.to) }

  of (node: SyntaxNode): Value {
    switch (node.name) {
      case 'NumberDurationLiteral': return Number(this.#read(node))
      case 'ParenExpr': return this.of(childrenOf(node)[0]!)
      case 'VectorSelector': return this.#instant(node, this.#at)
      case 'OffsetExpr': return this.#instant(node.getChild('VectorSelector')!, this.#at - this.#seconds(node.getChild('OffsetDurationExpr')!))
      case 'BinaryExpr': return this.#binary(node)
      case 'AggregateExpr': return this.#aggregate(node)
      case 'FunctionCall': return this.#call(node)
      default: throw new Error(`our rules do not use ${node.name}: ${this.#read(node)}`)
    }
  }

  #vector (node: SyntaxNode): Sample[] {
    const value = this.of(node)
    if (typeof value === 'number') throw new Error(`a vector is expected: ${this.#read(node)}`)
    return value
  }

  #seconds (node: SyntaxNode): number {
    const text = this.#read(node)
    const match = /^(\d+)([smhd])$/.exec(text)
    if (match === null) throw new Error(`duration ${text}`)
    return Number(match[1]) * units[match[2]!]!
  }

  #select (selector: SyntaxNode): Series[] {
    const name = this.#read(selector.getChild('Identifier')!)
    const matchers = withinOf(selector, 'UnquotedLabelMatcher').map((matcher) => {
      const [label, operator, value] = childrenOf(matcher).map((child) => this.#read(child)) as [string, string, string]
      if (operator !== '=') throw new Error(`matcher ${operator}`)
      return { label, value: JSON.parse(value) as string }
    })
    return this.#series.filter((one) => one.name === name && matchers.every(({ label, value }) => (one.labels[label] ?? '') === value))
  }

  #instant (selector: SyntaxNode, at: number): Sample[] {
    return this.#select(selector).flatMap(({ labels, points }) => {
      const last = points.filter(([seconds]) => seconds <= at && seconds > at - lookbackSeconds).at(-1)
      return last === undefined ? [] : [{ labels, value: last[1] }]
    })
  }

  #range (node: SyntaxNode): Array<{ labels: Sample['labels'], points: Array<readonly [number, number]>, seconds: number }> {
    const seconds = this.#seconds(node.getChild('DurationExpr')!)
    return this.#select(node.getChild('VectorSelector')!).map(({ labels, points }) => ({ labels, seconds, points: points.filter(([at]) => at <= this.#at && at > this.#at - seconds) }))
  }

  #call (node: SyntaxNode): Sample[] {
    const name = this.#read(node.getChild('FunctionIdentifier')!)
    const args = childrenOf(node.getChild('FunctionCallBody')!)
    if (name === 'histogram_quantile') return quantile(this.of(args[0]!) as number, this.#vector(args[1]!))
    const ahead = name === 'predict_linear' ? this.of(args[1]!) as number : 0
    return this.#range(args[0]!).flatMap(({ labels, points, seconds }) => {
      if (name === 'changes') return points.length === 0 ? [] : [{ labels, value: points.filter(([, value], index) => index > 0 && value !== points[index - 1]![1]).length }]
      if (points.length < 2) return []
      if (name === 'predict_linear') return [{ labels, value: predicted(points, this.#at + ahead) }]
      if (name !== 'rate' && name !== 'increase') throw new Error(`our rules do not use ${name}`)
      const increase = points.reduce((sum, [, value], index) => index === 0 ? 0 : sum + (value >= points[index - 1]![1] ? value - points[index - 1]![1] : value), 0)
      return [{ labels, value: name === 'rate' ? increase / seconds : increase }]
    })
  }

  #aggregate (node: SyntaxNode): Sample[] {
    const operator = this.#read(node.getChild('AggregateOp')!)
    const by = withinOf(node.getChild('AggregateModifier') ?? node, 'GroupingLabels')[0]?.getChildren('LabelName').map((label) => this.#read(label)) ?? []
    const groups = new Map<string, { labels: Record<string, string>, values: number[] }>()
    for (const { labels, value } of this.#vector(childrenOf(node.getChild('FunctionCallBody')!)[0]!)) {
      const kept = Object.fromEntries(by.filter((label) => labels[label] !== undefined).map((label) => [label, labels[label]!]))
      const group = groups.get(JSON.stringify(kept)) ?? { labels: kept, values: [] }
      group.values.push(value)
      groups.set(JSON.stringify(kept), group)
    }
    const reduced = { sum: (values: number[]) => values.reduce((a, b) => a + b, 0), max: (values: number[]) => Math.max(...values), min: (values: number[]) => Math.min(...values) }[operator]
    if (reduced === undefined) throw new Error(`our rules do not use ${operator}`)
    return [...groups.values()].map(({ labels, values }) => ({ labels, value: reduced(values) }))
  }

  #binary (node: SyntaxNode): Value {
    const [left, operatorNode, right] = childrenOf(node) as [SyntaxNode, SyntaxNode, SyntaxNode]
    const operator = this.#read(operatorNode)
    const [a, b] = [this.of(left), this.of(right)]
    if (typeof a === 'number') throw new Error(`a vector is expected on the left: ${this.#read(node)}`)
    const partnerOf = (labels: Sample['labels']): number | undefined => typeof b === 'number' ? b : b.find((other) => keyOf(other.labels) === keyOf(labels))?.value
    if (operator === 'and') return a.filter(({ labels }) => partnerOf(labels) !== undefined)
    const compare = comparisons[operator]
    const compute = arithmetic[operator]
    return a.flatMap(({ labels, value }) => {
      const partner = partnerOf(labels)
      if (partner === undefined) return []
      if (compute !== undefined) return [{ labels, value: compute(value, partner) }]
      if (compare === undefined) throw new Error(`our rules do not use ${operator}`)
      return compare(value, partner) ? [{ labels, value }] : []
    })
  }
}

const comparisons: Record<string, (a: number, b: number) => boolean> = { '>': (a, b) => a > b, '<': (a, b) => a < b, '<=': (a, b) => a <= b, '>=': (a, b) => a >= b, '==': (a, b) => a === b }
const arithmetic: Record<string, (a: number, b: number) => number> = { '+': (a, b) => a + b, '-': (a, b) => a - b, '*': (a, b) => a * b, '/': (a, b) => a / b }

const keyOf = (labels: Sample['labels']): string => JSON.stringify(Object.entries(labels).sort())

function predicted (points: ReadonlyArray<readonly [number, number]>, at: number): number {
  const meanAt = points.reduce((sum, [seconds]) => sum + seconds, 0) / points.length
  const mean = points.reduce((sum, [, value]) => sum + value, 0) / points.length
  const slope = points.reduce((sum, [seconds, value]) => sum + (seconds - meanAt) * (value - mean), 0) / points.reduce((sum, [seconds]) => sum + (seconds - meanAt) ** 2, 0)
  return mean + slope * (at - meanAt)
}

function quantile (q: number, buckets: readonly Sample[]): Sample[] {
  const groups = new Map<string, { labels: Record<string, string>, buckets: Array<[bound: number, count: number]> }>()
  for (const { labels: { le, ...labels }, value } of buckets) {
    const group = groups.get(keyOf(labels)) ?? { labels, buckets: [] }
    group.buckets.push([le === '+Inf' ? Infinity : Number(le), value])
    groups.set(keyOf(labels), group)
  }
  return [...groups.values()].flatMap(({ labels, buckets: unsorted }) => {
    const sorted = unsorted.sort(([a], [b]) => a - b)
    const total = sorted.at(-1)?.[1] ?? 0
    if (sorted.at(-1)?.[0] !== Infinity || total === 0) return []
    const index = sorted.findIndex(([, count]) => count >= q * total)
    const [bound, count] = sorted[index]!
    const [lower, below] = sorted[index - 1] ?? [0, 0]
    return [{ labels, value: bound === Infinity ? lower : lower + (bound - lower) * (q * total - below) / (count - below) }]
  })
}
