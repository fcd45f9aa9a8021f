/**
 * Reads our file of alert rules: the few forms of YAML that it is written in, and nothing else, so that a slip is an error.
 */
export interface Rule { readonly alert: string, readonly expr: string, readonly forSeconds: number, readonly severity: string, readonly summary: string, readonly runbook: string }

const units: Record<string, number> = { m: 60, h: 3_600, d: 86_400 }
const keysAt: Record<number, readonly string[]> = { 8: ['expr', 'for', 'labels', 'annotations'], 10: ['severity', 'summary', 'runbook_url'] }

/** @throws Error with the number of the line */
export function readRules (text: string): Rule[] {
  const found: Array<Record<string, string>> = []
  for (const [index, line] of text.split('\n').entries()) {
    const wrong = (): Error => new Error(`line ${index + 1}: ${line}`)
    if (line === '' || /^\s*#/.test(line) || line === 'groups:' || /^ {2}- name: [a-z-]+$/.test(line) || line === '    rules:') continue
    const alert = /^ {6}- alert: (\w+)$/.exec(line)
    if (alert !== null) { found.push({ alert: alert[1]! }); continue }
    const pair = /^( {8}| {10})(\w+):(?: (.+))?$/.exec(line)
    const rule = found.at(-1)
    if (pair === null || rule === undefined || !keysAt[pair[1]!.length]!.includes(pair[2]!) || rule[pair[2]!] !== undefined) throw wrong()
    const value = pair[3] ?? ''
    // What YAML would read differently than it stands there.
    if (value.startsWith('"') ? !/^"[^"\\]*"$/.test(value) : / #|: /.test(value)) throw wrong()
    rule[pair[2]!] = value.startsWith('"') ? value.slice(1, -1) : value
  }
  return found.map(({ alert, expr, for: duration = '0m', severity, summary, runbook_url: runbook }) => {
    if (alert === undefined || expr === undefined || severity === undefined || summary === undefined || runbook === undefined) throw new Error(`${alert}: something is missing`)
    const seconds = Number(duration.slice(0, -1)) * (units[duration.at(-1)!] ?? NaN)
    if (!Number.isFinite(seconds)) throw new Error(`${alert}: for`)
    return { alert, expr, severity, summary, runbook, forSeconds: seconds }
  })
}
