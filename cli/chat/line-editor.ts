/**
 * The line that a person types in, as a value: each key is a function from one state to the next.
 *
 * Works on whole characters as people see them (grapheme clusters), so an emoji goes with one backspace. Line ends
 * that were pasted are kept in the text and shown as ⏎.
 */
import { cellWidth, graphemes } from './text-layout.ts'

export interface LineEditor {
  readonly chars: readonly string[]
  /** Between characters: 0 is before the first. */
  readonly cursor: number
  /** What was sent before, oldest first. */
  readonly history: readonly string[]
  /** Which entry of the history is shown; `history.length` is the line being written. */
  readonly at: number
  /** The line being written, while an older one is shown. */
  readonly draft: string
}

const maxHistory = 200

export const emptyEditor: LineEditor = { chars: [], cursor: 0, history: [], at: 0, draft: '' }

export const textOf = (editor: LineEditor): string => editor.chars.join('')

const withChars = (editor: LineEditor, chars: readonly string[], cursor: number): LineEditor => ({ ...editor, chars, cursor })
const isSpace = (char: string | undefined): boolean => char === undefined || /^\s$/u.test(char)

export function insert (editor: LineEditor, text: string): LineEditor {
  const before = editor.chars.slice(0, editor.cursor).join('')
  const after = editor.chars.slice(editor.cursor).join('')
  // Put together again as a whole: what is typed may combine with what stands before it.
  const head = graphemes(before + text)
  return withChars(editor, [...head, ...graphemes(after)], head.length)
}

export const left = (editor: LineEditor): LineEditor => ({ ...editor, cursor: Math.max(0, editor.cursor - 1) })
export const right = (editor: LineEditor): LineEditor => ({ ...editor, cursor: Math.min(editor.chars.length, editor.cursor + 1) })
export const toStart = (editor: LineEditor): LineEditor => ({ ...editor, cursor: 0 })
export const toEnd = (editor: LineEditor): LineEditor => ({ ...editor, cursor: editor.chars.length })

export function wordLeft (editor: LineEditor): LineEditor {
  let { cursor } = editor
  while (cursor > 0 && isSpace(editor.chars[cursor - 1])) cursor--
  while (cursor > 0 && !isSpace(editor.chars[cursor - 1])) cursor--
  return { ...editor, cursor }
}

export function wordRight (editor: LineEditor): LineEditor {
  let { cursor } = editor
  while (cursor < editor.chars.length && isSpace(editor.chars[cursor])) cursor++
  while (cursor < editor.chars.length && !isSpace(editor.chars[cursor])) cursor++
  return { ...editor, cursor }
}

const remove = (editor: LineEditor, from: number, to: number): LineEditor =>
  withChars(editor, [...editor.chars.slice(0, from), ...editor.chars.slice(to)], from)

export const backspace = (editor: LineEditor): LineEditor => remove(editor, Math.max(0, editor.cursor - 1), editor.cursor)
export const deleteForward = (editor: LineEditor): LineEditor => remove(editor, editor.cursor, Math.min(editor.chars.length, editor.cursor + 1))
export const deleteWordBack = (editor: LineEditor): LineEditor => remove(editor, wordLeft(editor).cursor, editor.cursor)
export const killToEnd = (editor: LineEditor): LineEditor => remove(editor, editor.cursor, editor.chars.length)
export const killToStart = (editor: LineEditor): LineEditor => remove(editor, 0, editor.cursor)
export const clear = (editor: LineEditor): LineEditor => ({ ...withChars(editor, [], 0), at: editor.history.length, draft: '' })

function show (editor: LineEditor, at: number): LineEditor {
  const draft = editor.at === editor.history.length ? textOf(editor) : editor.draft
  const chars = graphemes(at === editor.history.length ? draft : editor.history[at]!)
  return { ...editor, chars, cursor: chars.length, at, draft }
}

export const older = (editor: LineEditor): LineEditor => editor.at === 0 ? editor : show(editor, editor.at - 1)
export const newer = (editor: LineEditor): LineEditor => editor.at === editor.history.length ? editor : show(editor, editor.at + 1)

/** Another text in the line, with the cursor at its end; not a step back in what was sent. */
export function withText (editor: LineEditor, text: string): LineEditor {
  const chars = graphemes(text)
  return { ...editor, chars, cursor: chars.length, at: editor.history.length, draft: '' }
}

/** Empty the line and remember what stood there. */
export function submit (editor: LineEditor): { editor: LineEditor, text: string } {
  const text = textOf(editor)
  const isNew = text.trim() !== '' && text !== editor.history.at(-1)
  const history = isNew ? [...editor.history, text].slice(-maxHistory) : editor.history
  return { text, editor: { chars: [], cursor: 0, history, at: history.length, draft: '' } }
}

export interface EditorView {
  readonly before: string
  /** The character under the cursor, a space at the end of the line. */
  readonly under: string
  readonly after: string
}

const shown = (char: string): string => char === '\n' ? '⏎' : char

/** The part of the line that fits into `width` cells, with the cursor in it; ‹ and › where there is more. */
export function viewOf (editor: LineEditor, width: number): EditorView {
  const chars = editor.chars.map(shown)
  const under = chars[editor.cursor] ?? ' '
  let room = width - cellWidth(under)
  let from = editor.cursor
  let to = Math.min(chars.length, editor.cursor + 1)
  // Grow to the left first, but leave a third of the line to what follows the cursor.
  const rightWidth = Math.min(Math.floor(width / 3), cellWidth(chars.slice(to).join('')))
  while (from > 0 && room - cellWidth(chars[from - 1]!) >= rightWidth) room -= cellWidth(chars[--from]!)
  while (to < chars.length && room - cellWidth(chars[to]!) >= 0) room -= cellWidth(chars[to++]!)
  while (from > 0 && room - cellWidth(chars[from - 1]!) >= 0) room -= cellWidth(chars[--from]!)
  const mark = (text: string, sign: string, atStart: boolean): string => {
    const parts = graphemes(text)
    const gone = atStart ? parts.shift() : parts.pop()
    const filled = sign + ' '.repeat(Math.max(0, cellWidth(gone ?? '') - 1))
    return atStart ? filled + parts.join('') : parts.join('') + filled
  }
  let before = chars.slice(from, editor.cursor).join('')
  let after = chars.slice(editor.cursor + 1, to).join('')
  if (from > 0 && before !== '') before = mark(before, '‹', true)
  if (to < chars.length && after !== '') after = mark(after, '›', false)
  return { before, under, after }
}
