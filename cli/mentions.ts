/**
 * Mentions: `@Name` in a text, for people whose names are known. Pure.
 */
import type { AccountId } from './context.ts'

export interface Named { readonly account: AccountId, readonly name: string }
export interface MentionAt { readonly account: AccountId, readonly start: number, readonly length: number }

/** The same person may stand here under more than one name; the first is the one that is written for them. */
export const namesFor = (account: AccountId, ...names: readonly string[]): Named[] => [...new Set(names.flatMap((name) => name.includes('@') ? [name, name.slice(0, name.indexOf('@'))] : [name]))].filter((name) => name !== '').map((name) => ({ account, name }))

/** As it is written after the @. */
export const mentionName = (name: string): string => name.replace(/^~/, '')

/** As many as a message may have. */
const maxMentions = 64

/** Every `@Name` in the text, the longest name first where several fit. In UTF-16 units, rising. */
export function mentionsIn (text: string, people: readonly Named[]): MentionAt[] {
  const byLength = people.map(({ account, name }) => ({ account, wanted: `@${mentionName(name)}`.toLowerCase() })).filter(({ wanted }) => wanted.length > 1).sort((a, b) => b.wanted.length - a.wanted.length)
  const lower = text.toLowerCase()
  // Lower case is as long for nearly every text; where it is not, places would be wrong.
  if (lower.length !== text.length) return []
  const found: MentionAt[] = []
  for (let at = lower.indexOf('@'); at !== -1 && found.length < maxMentions; at = lower.indexOf('@', at + 1)) {
    if (at > 0 && /[\p{L}\p{N}]/u.test(text[at - 1]!)) continue
    const one = byLength.find(({ wanted }) => lower.startsWith(wanted, at) && !/^[\p{L}\p{N}]/u.test(text.slice(at + wanted.length)))
    if (one === undefined) continue
    found.push({ account: one.account, start: at, length: one.wanted.length })
    at += one.wanted.length - 1
  }
  return found
}

/** The text with everybody in it: who is not written there is put before it. */
export function textWithMentions (text: string, people: readonly Named[]): string {
  const there = new Set(mentionsIn(text, people).map(({ account }) => account))
  const firsts = people.filter(({ account }, index) => people.findIndex((one) => one.account === account) === index)
  const missing = firsts.filter(({ account }) => !there.has(account)).map(({ name }) => `@${mentionName(name)}`)
  return [...missing, ...(text === '' ? [] : [text])].join(' ')
}

/** What could follow the @ at the end of `before`. @returns names that begin so, as they would be written; [] without an @ */
export function completions (before: string, people: readonly Named[]): { readonly typed: string, readonly names: readonly string[] } {
  const typed = /(?:^|[\s(])@([^@\n]{0,40})$/u.exec(before)?.[1]
  if (typed === undefined) return { typed: '', names: [] }
  const names = [...new Set(people.map(({ name }) => mentionName(name)))].filter((name) => name.toLowerCase().startsWith(typed.toLowerCase())).sort()
  return { typed, names }
}
