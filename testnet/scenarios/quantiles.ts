/** `p50 81 ms, p99 95 ms` of a list of milliseconds. */
export function quantiles (values: readonly number[]): string {
  if (values.length === 0) return 'none'
  const sorted = [...values].sort((a, b) => a - b)
  const at = (q: number): number => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!)
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`
}
