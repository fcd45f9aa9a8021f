/**
 * Keys of the terminal as steps of the line editor or things the chat does. Pure.
 */
import type { Key } from 'ink'
import * as edit from './line-editor.ts'

export type KeyAction =
  | { readonly kind: 'edit', readonly editor: edit.LineEditor }
  | { readonly kind: 'submit' }
  | { readonly kind: 'neighbour', readonly step: 1 | -1 }
  /** a page up (positive) or down */
  | { readonly kind: 'scroll', readonly pages: number }
  /** mark the newest message */
  | { readonly kind: 'mark' }
  | { readonly kind: 'close' }
  | { readonly kind: 'quit' }
  | { readonly kind: 'nothing' }

const control: Record<string, (editor: edit.LineEditor) => edit.LineEditor> = {
  a: edit.toStart,
  e: edit.toEnd,
  b: edit.left,
  f: edit.right,
  d: edit.deleteForward,
  h: edit.backspace,
  k: edit.killToEnd,
  u: edit.killToStart,
  w: edit.deleteWordBack
}

const meta: Record<string, (editor: edit.LineEditor) => edit.LineEditor> = { b: edit.wordLeft, f: edit.wordRight }

export function actionOf (editor: edit.LineEditor, input: string, key: Key): KeyAction {
  const changed = (next: edit.LineEditor): KeyAction => ({ kind: 'edit', editor: next })
  if (key.eventType === 'release') return { kind: 'nothing' }
  if (key.ctrl && input === 'c') return { kind: 'quit' }
  if (key.ctrl && input === 'n') return { kind: 'neighbour', step: 1 }
  if (key.ctrl && input === 'p') return { kind: 'neighbour', step: -1 }
  if (key.return) return key.meta ? changed(edit.insert(editor, '\n')) : { kind: 'submit' }
  if (key.tab) return { kind: 'neighbour', step: key.shift ? -1 : 1 }
  if (key.pageUp) return { kind: 'scroll', pages: 1 }
  if (key.pageDown) return { kind: 'scroll', pages: -1 }
  if (key.escape) return { kind: 'close' }
  if (key.upArrow && (key.ctrl || key.shift || key.meta)) return { kind: 'mark' }
  if (key.upArrow) return changed(edit.older(editor))
  if (key.downArrow) return changed(edit.newer(editor))
  if (key.leftArrow) return changed(key.meta || key.ctrl ? edit.wordLeft(editor) : edit.left(editor))
  if (key.rightArrow) return changed(key.meta || key.ctrl ? edit.wordRight(editor) : edit.right(editor))
  if (key.home) return changed(edit.toStart(editor))
  if (key.end) return changed(edit.toEnd(editor))
  if (key.backspace) return changed(key.meta || key.ctrl ? edit.deleteWordBack(editor) : edit.backspace(editor))
  if (key.delete) return changed(edit.deleteForward(editor))
  if (key.ctrl) return Object.hasOwn(control, input) ? changed(control[input]!(editor)) : { kind: 'nothing' }
  // Esc followed at once by a key looks like Alt and that key: the key still counts.
  if (key.meta && Object.hasOwn(meta, input)) return changed(meta[input]!(editor))
  return input === '' ? { kind: 'nothing' } : changed(edit.insert(editor, pasted(input)))
}

/** What a key does to the marked message. */
export type MarkedAct = 'reply' | 'react' | 'edit' | 'delete' | 'star' | 'pin' | 'forward' | 'vote' | 'open' | 'info'
export type MarkedAction =
  | { readonly kind: 'move', readonly step: 'older' | 'newer' | 'none' }
  | { readonly kind: 'act', readonly act: MarkedAct }
  | { readonly kind: 'quit' }
  | { readonly kind: 'nothing' }

const markedActs: Readonly<Record<string, MarkedAct>> = { r: 'reply', '+': 'react', e: 'edit', d: 'delete', '*': 'star', p: 'pin', f: 'forward', v: 'vote', o: 'open', i: 'info' }
export const markedHelp = 'r reply  + react  e edit  d delete  f forward  * star  p pin  v vote  o open  i info  ↑↓ Esc'

/** While a message is marked: keys act on it. */
export function markedActionOf (input: string, key: Key): MarkedAction {
  if (key.eventType === 'release') return { kind: 'nothing' }
  if (key.ctrl && input === 'c') return { kind: 'quit' }
  if (key.upArrow || key.pageUp) return { kind: 'move', step: 'older' }
  if (key.downArrow || key.pageDown) return { kind: 'move', step: 'newer' }
  if (key.escape || key.tab) return { kind: 'move', step: 'none' }
  if (key.return) return { kind: 'act', act: 'reply' }
  return Object.hasOwn(markedActs, input) ? { kind: 'act', act: markedActs[input]! } : { kind: 'nothing' }
}

/** Pasted text: line ends of any kind become one, other control characters go. */
export function pasted (text: string): string {
  return text.replace(/\r\n?/g, '\n').replaceAll('\t', '    ').replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, '')
}
